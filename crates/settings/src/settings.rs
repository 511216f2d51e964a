//! Settings that passed every check.

use std::fmt;
use std::time::Duration;

use orgtoken_assertion::{KeyError, Passphrase, PublicKey, Signer, SigningKey};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};

use crate::api_version::ApiVersion;
use crate::check::refuse_published;
use crate::client_id::ClientId;
use crate::encrypted_key::EncryptedKey;
use crate::notices::Notice;
use crate::problems::{Location, Problem, ProblemKind, Problems};
use crate::secret::SecretText;
use crate::setting::Setting;
use crate::source::Source;
use crate::username::Username;

/// Everything that a login needs, valid by construction.
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

/// Settings that are neither of the user, nor of the key, nor of a host.
#[derive(Debug)]
pub(crate) struct OtherSettings {
    pub(crate) allow_groups: Vec<String>,
    pub(crate) allow_users: Vec<String>,
    pub(crate) api_version: ApiVersion,
    pub(crate) ca_file: Option<String>,
    pub(crate) cache: Cache,
    pub(crate) proxy: Option<SecretText>,
    pub(crate) token_lifetime: Option<Duration>,
}

impl Settings {
    /// The user in whose name to act.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The app that asks.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The key that signs.
    pub fn key(&self) -> &KeySource {
        &self.key
    }

    /// Opens the key if it is locked: with its passphrase, or else with the one that was typed.
    ///
    /// # Errors
    ///
    /// The passphrase does not open it, or what it opens is no key to sign with.
    pub fn decrypt_key(&mut self, typed: Option<&Passphrase>) -> Result<(), Problems> {
        let KeySource::Encrypted(encrypted) = &self.key else { return Ok(()) };
        let opened = encrypted.decrypt(typed).and_then(|key| {
            refuse_published(key.public_key(), &self.hosts.resolution)?;
            Ok(key)
        });
        match opened {
            Ok(key) => self.key = KeySource::Local(Box::new(key)),
            Err(error) => return Err(self.key_problem(error)),
        }
        Ok(())
    }

    /// The same words as if the key had been opened when all else was checked.
    fn key_problem(&self, error: KeyError) -> Problems {
        let value = self.values.iter().find(|value| value.setting == Setting::PrivateKey);
        let location = value.map(|value| Location::of(value.setting, &value.source));
        let location = location.expect("the key came from somewhere");
        Problems::new(vec![Problem::new(location, ProblemKind::Key(error))], Vec::new())
    }

    /// Takes the key out, for a signer that wants to own it.
    pub fn into_key(self) -> KeySource {
        self.key
    }

    /// Token endpoint and audience, and why.
    pub fn resolution(&self) -> &Resolution {
        &self.hosts.resolution
    }

    /// Where the org lives, if somebody said so.
    pub fn instance_url(&self) -> Option<&InstanceUrl> {
        self.hosts.instance_url.as_ref()
    }

    /// Hosts beside Salesforce's own to which an assertion may be sent.
    pub fn allowed_hosts(&self) -> &AllowedHosts {
        &self.hosts.allowed_hosts
    }

    /// The version of the REST API; [`ApiVersion::DEFAULT`] unless told.
    pub fn api_version(&self) -> ApiVersion {
        self.other.api_version
    }

    /// How long a token is taken to live, if somebody said so.
    pub fn token_lifetime(&self) -> Option<Duration> {
        self.other.token_lifetime
    }

    /// Where tokens are kept; [`Cache::File`] unless told.
    pub fn cache(&self) -> &Cache {
        &self.other.cache
    }

    /// File with the certificate authorities to trust; the system's unless told.
    pub fn ca_file(&self) -> Option<&str> {
        self.other.ca_file.as_deref()
    }

    /// The proxy to use, which may hold a password.
    pub fn proxy(&self) -> Option<&SecretText> {
        self.other.proxy.as_ref()
    }

    /// Users that the local token service answers; its own alone if there is none.
    pub fn allow_users(&self) -> &[String] {
        &self.other.allow_users
    }

    /// Groups that the local token service answers.
    pub fn allow_groups(&self) -> &[String] {
        &self.other.allow_groups
    }

    /// Every value that counts and where it came from, fit to be shown.
    pub fn values(&self) -> &[EffectiveValue] {
        &self.values
    }

    /// What was accepted, but is worth a word.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

/// Where a login goes: enough to explain it, without user and key.
#[derive(Debug)]
pub struct Hosts {
    pub(crate) all_values: Vec<EffectiveValue>,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) instance_url: Option<InstanceUrl>,
    pub(crate) values: Vec<EffectiveValue>,
    pub(crate) resolution: Resolution,
}

impl Hosts {
    /// Token endpoint and audience, and why.
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// The values that say where a login goes and where they came from, fit to be shown.
    pub fn values(&self) -> &[EffectiveValue] {
        &self.values
    }

    /// Every value that counts and where it came from, fit to be shown. What is wrong is left out,
    /// and a key is named without a look at it.
    pub fn all_values(&self) -> &[EffectiveValue] {
        &self.all_values
    }
}

/// The settings of calls with a token that exists already: enough to reach its org.
#[derive(Debug)]
pub struct CallSettings {
    pub(crate) instance_url: InstanceUrl,
    pub(crate) notices: Vec<Notice>,
    pub(crate) other: OtherSettings,
}

impl CallSettings {
    /// Version of the API.
    pub fn api_version(&self) -> ApiVersion {
        self.other.api_version
    }

    /// Certificates to trust instead of the system's.
    pub fn ca_file(&self) -> Option<&str> {
        self.other.ca_file.as_deref()
    }

    /// The org of the token, on a host of Salesforce or one that was allowed.
    pub fn instance_url(&self) -> &InstanceUrl {
        &self.instance_url
    }

    /// The proxy, which may contain a password.
    pub fn proxy(&self) -> Option<&SecretText> {
        self.other.proxy.as_ref()
    }

    /// What was accepted, but is worth a word.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

/// A value that counts, and where it came from.
#[derive(Clone, Debug)]
pub struct EffectiveValue {
    pub(crate) setting: Setting,
    pub(crate) shown: String,
    pub(crate) source: Source,
}

impl EffectiveValue {
    /// Which setting it is.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// The value, or `[set]` for a secret.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl fmt::Display for EffectiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.setting.name(), self.shown, self.source)
    }
}

/// The key that signs, or where it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// The SSH agent holds it, under this fingerprint (`SHA256:…`) or comment.
    Agent(String),
    /// A command signs: the message on its standard input, the signature on its output.
    Command {
        /// What to run.
        command: SignerCommand,
        /// The public half, to check what comes back.
        public_key: PublicKey,
    },
    /// The key itself.
    Local(Box<SigningKey>),
    /// The key itself, under its passphrase: see [`Settings::decrypt_key`].
    Encrypted(EncryptedKey),
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

// People put PINs into such commands.
impl fmt::Debug for SignerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignerCommand([redacted])")
    }
}

/// Where tokens are kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cache {
    /// In a sealed file of the user's.
    File,
    /// In this process alone.
    Memory,
    /// Nowhere.
    None,
    /// In a Redis server, by a URL that may hold a password.
    Redis(SecretText),
}
