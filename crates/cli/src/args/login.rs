use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use orgtoken_oauth::redact;
use orgtoken_settings::{ConfigFile, Layer, Setting};

use super::Passphrase;
use crate::environment::config_file;
use crate::io::input::read_config;

/// The login. These flags override `ORGTOKEN_*`, profile and record.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Login")]
pub(crate) struct Login {
    /// Settings record (JSON); `-` is stdin, hub:URL is Onify Hub
    #[arg(short, long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Key of the record, if the file holds several
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) settings_key: Option<String>,
    /// Profile of config.toml
    #[arg(short = 'P', long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = candidates(profile_names))]
    pub(crate) profile: Option<String>,
    /// Username to log in with
    #[arg(short = 'o', long, value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) username: Option<String>,
    /// Consumer key of the app
    #[arg(short = 'i', long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) client_id: Option<String>,
    /// Private key file; `-` is stdin
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) jwt_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// My Domain URL: https://acme.my.salesforce.com
    #[arg(short = 'r', long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) instance_url: Option<String>,
    /// Login URL [default: the instance URL]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) login_url: Option<String>,
    /// Audience of the assertion [default: the login URL]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) audience: Option<String>,
    /// Allow another token endpoint host (repeatable)
    #[arg(long, value_name = "HOST", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) allow_host: Vec<String>,
}

impl Login {
    /// Whether a flag chooses a login.
    pub(crate) fn is_given(&self) -> bool {
        self.settings.is_some()
            || self.profile.is_some()
            || self.username.is_some()
            || self.client_id.is_some()
            || self.jwt_key_file.is_some()
    }

    /// Returns the flags as settings.
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

/// Returns the values of an argument for the completion of shells.
pub(crate) fn candidates<T: Into<OsString>>(
    values: impl Fn() -> Vec<T> + Send + Sync + 'static,
) -> ArgValueCandidates {
    ArgValueCandidates::new(move || values().into_iter().map(CompletionCandidate::new).collect())
}

/// Returns the names in `config.toml`, without those that may be a secret.
pub(crate) fn profile_names() -> Vec<String> {
    let Some(path) = config_file() else { return Vec::new() };
    let Ok(bytes) = read_config(&path) else { return Vec::new() };
    let mut names = ConfigFile::parse(&bytes, &path.to_string_lossy()).names();
    names.retain(|name| redact::label(name) == name);
    names
}
