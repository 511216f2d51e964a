//! Settings that passed every check.

use std::fmt;
use std::time::Duration;

use orgtoken_assertion::{KeyError, Passphrase, PublicKey, Signer, SigningKey};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};

use crate::api_version::ApiVersion;
use crate::encrypted_key::EncryptedKey;
use crate::identifier::{ClientId, Username};
use crate::notices::Notice;
use crate::problems::{Location, Problem, ProblemKind, Problems};
use crate::secret::SecretText;
use crate::setting::Setting;
use crate::source::Source;

/// The settings of a login, valid by construction.
#[derive(Debug)]
pub struct Settings {
    pub(crate) client_id: ClientId,
    pub(crate) hosts: Hosts,
    pub(crate) key: KeySource,
    pub(crate) notices: Vec<Notice>,
    pub(crate) values: Vec<EffectiveValue>,
    pub(crate) other: OtherSettings,
    pub(crate) username: Username,
}

/// Settings other than user, app, key and hosts.
#[derive(Debug)]
pub(crate) struct OtherSettings {
    pub(crate) allow_groups: Vec<String>,
    pub(crate) allow_methods: Option<Vec<String>>,
    pub(crate) allow_paths: Option<Vec<String>>,
    pub(crate) allow_users: Vec<String>,
    pub(crate) api_version: ApiVersion,
    pub(crate) ca_file: Option<String>,
    pub(crate) cache: Cache,
    pub(crate) proxy: Option<SecretText>,
    pub(crate) token_lifetime: Option<Duration>,
}

impl Settings {
    /// Returns the user who logs in.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// Returns the consumer key of the app.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Returns the key that signs.
    pub fn key(&self) -> &KeySource {
        &self.key
    }

    /// Decrypts the key if it is encrypted, with the passphrase of the settings or else with
    /// `typed`: [`EncryptedKey::lacks_passphrase`] says whether to ask the user for it.
    ///
    /// # Errors
    ///
    /// There is no passphrase, it is wrong, or the decrypted key is not accepted.
    pub fn decrypt_key(&mut self, typed: Option<&Passphrase>) -> Result<(), Problems> {
        let KeySource::Encrypted(encrypted) = &self.key else { return Ok(()) };
        let key = encrypted.decrypt(typed).and_then(|key| {
            refuse_published(key.public_key(), &self.hosts.resolution)?;
            Ok(key)
        });
        let key = key.map_err(|error| {
            let value = self.values.iter().find(|value| value.setting == Setting::PrivateKey);
            let source = &value.expect("the key came from somewhere").source;
            let location = Location::of(Setting::PrivateKey, source);
            Problems::new(vec![Problem::new(location, ProblemKind::Key(error))], Vec::new())
        })?;
        self.key = KeySource::Local(Box::new(key));
        Ok(())
    }

    /// Returns the key by value, for a signer that owns it.
    pub fn into_key(self) -> KeySource {
        self.key
    }

    /// Returns token endpoint and audience, and the reason for each.
    pub fn resolution(&self) -> &Resolution {
        &self.hosts.resolution
    }

    /// Returns the URL of the org, if set.
    pub fn instance_url(&self) -> Option<&InstanceUrl> {
        self.hosts.instance_url.as_ref()
    }

    /// Returns the hosts other than Salesforce's own that may be sent an assertion.
    pub fn allowed_hosts(&self) -> &AllowedHosts {
        &self.hosts.allowed_hosts
    }

    /// Returns the version of the REST API. Default: [`ApiVersion::DEFAULT`].
    pub fn api_version(&self) -> ApiVersion {
        self.other.api_version
    }

    /// Returns the assumed lifetime of a token, if set.
    pub fn token_lifetime(&self) -> Option<Duration> {
        self.other.token_lifetime
    }

    /// Returns the kind of token cache. Default: [`Cache::File`].
    pub fn cache(&self) -> &Cache {
        &self.other.cache
    }

    /// Returns the file of certificate authorities to trust. Default: those of the system.
    pub fn ca_file(&self) -> Option<&str> {
        self.other.ca_file.as_deref()
    }

    /// Returns the URL of the proxy, which may contain a password.
    pub fn proxy(&self) -> Option<&SecretText> {
        self.other.proxy.as_ref()
    }

    /// Returns the users who may use the local token service. Default: only the user who runs it.
    pub fn allow_users(&self) -> &[String] {
        &self.other.allow_users
    }

    /// Returns the groups that may use the local token service.
    pub fn allow_groups(&self) -> &[String] {
        &self.other.allow_groups
    }

    /// Returns the methods of API calls that the local token service forwards, in upper case, if
    /// set.
    pub fn allow_methods(&self) -> Option<&[String]> {
        self.other.allow_methods.as_deref()
    }

    /// Returns the paths of API calls that the local token service forwards, if set: below
    /// `/services/data/vNN.0/`, or a whole path that begins with `/services/`.
    pub fn allow_paths(&self) -> Option<&[String]> {
        self.other.allow_paths.as_deref()
    }

    /// Returns every effective value and its source, without secrets.
    pub fn values(&self) -> &[EffectiveValue] {
        &self.values
    }

    /// Returns notices about accepted values.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

/// The hosts of a login, without user and key.
#[derive(Debug)]
pub struct Hosts {
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) instance_url: Option<InstanceUrl>,
    pub(crate) values: Vec<EffectiveValue>,
    pub(crate) resolution: Resolution,
}

impl Hosts {
    /// Returns token endpoint and audience, and the reason for each.
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// Returns every effective value and its source, without secrets. Invalid values are left out,
    /// and keys are not read.
    pub fn values(&self) -> &[EffectiveValue] {
        &self.values
    }
}

/// The settings of API calls with an existing token.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallSettings {
    /// The version of the REST API.
    pub api_version: ApiVersion,
    /// The file of certificate authorities to trust. Default: those of the system.
    pub ca_file: Option<String>,
    /// The URL of the token's org.
    pub instance_url: InstanceUrl,
    /// Notices about accepted values.
    pub notices: Vec<Notice>,
    /// The URL of the proxy, which may contain a password.
    pub proxy: Option<SecretText>,
}

/// An effective value of a setting, and its source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EffectiveValue {
    /// The setting.
    pub setting: Setting,
    /// The value, or `[set]` for a secret.
    pub shown: String,
    /// The source of the value.
    pub source: Source,
}

impl fmt::Display for EffectiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.setting.name(), self.shown, self.source)
    }
}

/// A private key, or a reference to a remote one.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// A key in the SSH agent, by its fingerprint (`SHA256:…`) or comment.
    Agent(String),
    /// A command that reads the message from standard input and writes the signature to standard
    /// output.
    Command {
        /// The command.
        command: SignerCommand,
        /// The public key, which verifies the signatures.
        public_key: PublicKey,
    },
    /// A private key.
    Local(Box<SigningKey>),
    /// An encrypted private key: see [`Settings::decrypt_key`].
    Encrypted(EncryptedKey),
}

/// Refuses a published test key, except for a server on this machine.
pub(crate) fn refuse_published(key: &PublicKey, resolution: &Resolution) -> Result<(), KeyError> {
    let host = resolution.endpoint().host();
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if !is_loopback && key.is_published() { Err(KeyError::Published) } else { Ok(()) }
}

/// A command that signs.
#[derive(Clone, Eq, PartialEq)]
pub enum SignerCommand {
    /// A program and its arguments.
    Program(Vec<String>),
    /// A line for the shell.
    Shell(String),
}

impl SignerCommand {
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Program(words) => words.is_empty(),
            Self::Shell(line) => line.trim().is_empty(),
        }
    }
}

// Not derived: such commands contain PINs.
impl fmt::Debug for SignerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignerCommand([redacted])")
    }
}

/// A kind of token cache.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cache {
    /// Sealed files of the user.
    File,
    /// The memory of this process.
    Memory,
    /// No cache.
    None,
    /// A Redis server, by a URL that may contain a password.
    Redis(SecretText),
}
