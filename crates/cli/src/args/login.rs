use std::path::{Path, PathBuf};

use orgtoken_settings::{Layer, Setting};

use super::Passphrase;

/// Who logs in, and where. Each of these goes before `ORGTOKEN_*`, profile and record.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Login")]
pub(crate) struct Login {
    /// The Onify settings record, or a JSON file like it; `-` is standard input, hub:URL the Hub
    #[arg(short, long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// The key of the record, where the file holds several
    #[arg(long, value_name = "KEY")]
    pub(crate) settings_key: Option<String>,
    /// A profile of config.toml
    #[arg(short = 'P', long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The user who logs in
    #[arg(short = 'o', long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// The app's consumer key
    #[arg(short = 'i', long, value_name = "KEY")]
    pub(crate) client_id: Option<String>,
    /// The private key whose certificate the app has; `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) jwt_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// The org's My Domain, such as https://acme.my.salesforce.com
    #[arg(short = 'r', long, value_name = "URL")]
    pub(crate) instance_url: Option<String>,
    /// Where the token endpoint is, if not on the My Domain
    #[arg(long, value_name = "URL")]
    pub(crate) login_url: Option<String>,
    /// The audience of the assertion, if not the login URL
    #[arg(long, value_name = "URL")]
    pub(crate) audience: Option<String>,
    /// Another host that may be sent an assertion; 127.0.0.1:PORT may use plain http
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
}

impl Login {
    /// Whether a flag asks for one login.
    pub(crate) fn is_given(&self) -> bool {
        self.settings.is_some()
            || self.profile.is_some()
            || self.username.is_some()
            || self.client_id.is_some()
            || self.jwt_key_file.is_some()
    }

    /// The flags as settings.
    pub(crate) fn layer(&self) -> Layer {
        let mut layer = Layer::flags();
        let path = |path: &Path| path.to_string_lossy().into_owned();
        for (setting, flag, value) in [
            (Setting::Record, "--settings", self.settings.as_deref().map(path)),
            (Setting::RecordKey, "--settings-key", self.settings_key.clone()),
            (Setting::Profile, "--profile", self.profile.clone()),
            (Setting::Username, "--username", self.username.clone()),
            (Setting::ClientId, "--client-id", self.client_id.clone()),
            (Setting::InstanceUrl, "--instance-url", self.instance_url.clone()),
            (Setting::LoginUrl, "--login-url", self.login_url.clone()),
            (Setting::Audience, "--audience", self.audience.clone()),
        ] {
            if let Some(value) = value {
                layer.set(setting, flag, value);
            }
        }
        if let Some(file) = &self.jwt_key_file {
            layer.set_file(Setting::PrivateKey, "--jwt-key-file", path(file));
        }
        if let Some(file) = &self.passphrase.key_passphrase_file {
            layer.set_file(Setting::Passphrase, "--key-passphrase-file", path(file));
        }
        if let Some(name) = &self.passphrase.key_passphrase_env {
            layer.set_variable(Setting::Passphrase, "--key-passphrase-env", name);
        }
        if !self.allow_host.is_empty() {
            layer.set_list(Setting::AllowHosts, "--allow-host", self.allow_host.clone());
        }
        layer
    }
}
