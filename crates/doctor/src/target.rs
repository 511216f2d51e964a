use orgtoken_assertion::UnixTime;
use orgtoken_keygen::Certificate;
use orgtoken_oauth::{InstanceUrl, Resolution};
use orgtoken_settings::{ApiVersion, KeySource, Settings};

/// What is known beside the settings.
#[derive(Debug, Default)]
pub struct Papers {
    /// The certificate that was uploaded, where it is at hand.
    pub certificate: Option<Certificate>,
    /// What there is to say of the key's file: `mode 0600`.
    pub key_file: Option<String>,
    /// When this login last worked, as far as this machine remembers.
    pub worked_at: Option<UnixTime>,
}

/// Who is examined: what the settings say, and what is known beside them.
#[derive(Debug)]
pub struct Patient {
    pub(crate) username: String,
    pub(crate) resolution: Resolution,
    pub(crate) instance_url: Option<InstanceUrl>,
    pub(crate) api_version: ApiVersion,
    pub(crate) papers: Papers,
    /// Whether certificate and key belong together, where both are at hand.
    pub(crate) pair: Option<bool>,
}

impl Patient {
    /// Takes note of what the settings say.
    pub fn new(settings: &Settings, papers: Papers) -> Self {
        let pair = match (settings.key(), &papers.certificate) {
            (KeySource::Here(key), Some(certificate)) => Some(certificate.belongs_to(&**key)),
            _ => None,
        };
        Self {
            username: settings.username().to_string(),
            resolution: settings.resolution().clone(),
            instance_url: settings.instance_url().cloned(),
            api_version: settings.api_version(),
            papers,
            pair,
        }
    }
}
