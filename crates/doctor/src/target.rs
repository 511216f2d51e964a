use orgtoken_assertion::UnixTime;
use orgtoken_keygen::Certificate;
use orgtoken_oauth::{InstanceUrl, Resolution};
use orgtoken_settings::{ApiVersion, KeySource, Settings};

/// Evidence beyond the settings.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The certificate that was uploaded, if available.
    pub certificate: Option<Certificate>,
    /// A description of the key's file: `file mode 0600`.
    pub key_file: Option<String>,
    /// When this login last worked, if known.
    pub worked_at: Option<UnixTime>,
}

/// The login to diagnose: its settings, and the evidence.
#[derive(Debug)]
pub struct Target {
    pub(crate) username: String,
    pub(crate) resolution: Resolution,
    pub(crate) instance_url: Option<InstanceUrl>,
    pub(crate) api_version: ApiVersion,
    pub(crate) evidence: Evidence,
    /// Whether certificate and key belong together, if both are available.
    pub(crate) pair: Option<bool>,
}

impl Target {
    /// Combines settings and evidence.
    pub fn new(settings: &Settings, evidence: Evidence) -> Self {
        let pair = match (settings.key(), &evidence.certificate) {
            (KeySource::Local(key), Some(certificate)) => Some(certificate.belongs_to(&**key)),
            _ => None,
        };
        Self {
            username: settings.username().to_string(),
            resolution: settings.resolution().clone(),
            instance_url: settings.instance_url().cloned(),
            api_version: settings.api_version(),
            evidence,
            pair,
        }
    }
}
