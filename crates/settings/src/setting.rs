//! The names of every setting, in every place it may stand.

use crate::environment;

/// One setting, whatever it is called where it was found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Setting {
    /// Groups that the local token service answers.
    AllowGroups,
    /// Hosts beside Salesforce's own to which an assertion may be sent.
    AllowHosts,
    /// Users that the local token service answers.
    AllowUsers,
    /// Version of the REST API.
    ApiVersion,
    /// Audience of the assertion.
    Audience,
    /// Where tokens are kept.
    Cache,
    /// File with the certificate authorities to trust.
    CaFile,
    /// Consumer key of the app: the issuer of the assertion.
    ClientId,
    /// Where the org lives.
    InstanceUrl,
    /// Where to log in.
    LoginUrl,
    /// Passphrase of the private key.
    Passphrase,
    /// The key that signs.
    PrivateKey,
    /// Name of a profile in `config.toml`.
    Profile,
    /// Proxy on the way to Salesforce.
    Proxy,
    /// Certificate or public key of a key that is kept elsewhere.
    PublicKey,
    /// File with an Onify record.
    Record,
    /// Key of the record to take, where a file holds several.
    RecordKey,
    /// How long a token is taken to live.
    TokenLifetime,
    /// The user in whose name to act: the subject of the assertion.
    Username,
}

impl Setting {
    /// Every setting, in alphabetical order.
    pub const ALL: [Self; 19] = [
        Self::AllowGroups,
        Self::AllowHosts,
        Self::AllowUsers,
        Self::ApiVersion,
        Self::Audience,
        Self::Cache,
        Self::CaFile,
        Self::ClientId,
        Self::InstanceUrl,
        Self::LoginUrl,
        Self::Passphrase,
        Self::PrivateKey,
        Self::Profile,
        Self::Proxy,
        Self::PublicKey,
        Self::Record,
        Self::RecordKey,
        Self::TokenLifetime,
        Self::Username,
    ];

    /// The name in a profile, and, in upper case after `ORGTOKEN_`, in the environment.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllowGroups => "allow_groups",
            Self::AllowHosts => "allow_hosts",
            Self::AllowUsers => "allow_users",
            Self::ApiVersion => "api_version",
            Self::Audience => "audience",
            Self::Cache => "cache",
            Self::CaFile => "ca_file",
            Self::ClientId => "client_id",
            Self::InstanceUrl => "instance_url",
            Self::LoginUrl => "login_url",
            Self::Passphrase => "passphrase",
            Self::PrivateKey => "private_key",
            Self::Profile => "profile",
            Self::Proxy => "proxy",
            Self::PublicKey => "public_key",
            Self::Record => "record",
            Self::RecordKey => "record_key",
            Self::TokenLifetime => "token_lifetime",
            Self::Username => "username",
        }
    }

    /// The name in an Onify record, for the seven settings that a record may hold.
    pub fn record_name(self) -> Option<&'static str> {
        Some(match self {
            Self::ApiVersion => "InstanceAPIVersion",
            Self::Audience => "Audience",
            Self::ClientId => "ClientId",
            Self::InstanceUrl => "InstanceUrl",
            Self::LoginUrl => "LoginUrl",
            Self::PrivateKey => "PrivateKey",
            Self::Username => "Username",
            _ => return None,
        })
    }

    /// Variables that other tools and pipelines use for the same thing, the most specific first.
    pub fn world_names(self) -> &'static [&'static str] {
        match self {
            Self::ApiVersion => {
                &["SF_ORG_API_VERSION", "SFDX_API_VERSION", "SALESFORCE_API_VERSION"]
            }
            Self::Audience => &["SF_AUDIENCE_URL", "SFDX_AUDIENCE_URL"],
            Self::ClientId => {
                &["SF_CLIENT_ID", "SALESFORCE_CLIENT_ID", "SF_CONSUMER_KEY", "SFDX_CLIENT_ID"]
            }
            Self::InstanceUrl => &["SF_ORG_INSTANCE_URL", "SFDX_INSTANCE_URL", "SF_INSTANCE_URL"],
            Self::LoginUrl => &["SF_LOGIN_URL", "SALESFORCE_HOST"],
            Self::PrivateKey => &["SF_JWT_PRIVATE_KEY", "SFDX_HUB_KEY", "SALESFORCE_PRIVATE_KEY"],
            Self::Username => &["SF_USERNAME", "SALESFORCE_USERNAME"],
            _ => &[],
        }
    }

    /// The variable that holds this setting.
    pub fn variable(self) -> String {
        format!("ORGTOKEN_{}", self.name().to_ascii_uppercase())
    }

    /// Every variable that gives this setting, in itself or by the name of a file or the like.
    pub fn variables(self) -> Vec<String> {
        environment::variables(self)
    }

    /// The flag of the program that gives this setting, if there is one.
    pub(crate) fn flag(self) -> Option<&'static str> {
        Some(match self {
            Self::AllowHosts => "--allow-host",
            Self::Audience => "--audience",
            Self::CaFile => "--ca-file",
            Self::ClientId => "--client-id",
            Self::InstanceUrl => "--instance-url",
            Self::LoginUrl => "--login-url",
            Self::Passphrase => "--key-passphrase-file",
            Self::PrivateKey => "--jwt-key-file",
            Self::Profile => "--profile",
            Self::Proxy => "--proxy",
            Self::Record => "--settings",
            Self::RecordKey => "--settings-key",
            Self::Username => "--username",
            _ => return None,
        })
    }

    /// Whether the value is never shown.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::Passphrase | Self::PrivateKey)
    }

    /// Whether the value is a path, and so taken from the folder of the file that names it.
    pub(crate) fn is_path(self) -> bool {
        matches!(self, Self::CaFile | Self::Record)
    }

    /// Whether the value is a list.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::AllowGroups | Self::AllowHosts | Self::AllowUsers)
    }

    /// The settings that a record may hold.
    pub(crate) fn in_records() -> impl Iterator<Item = (Self, &'static str)> {
        Self::ALL.into_iter().filter_map(|setting| Some((setting, setting.record_name()?)))
    }
}
