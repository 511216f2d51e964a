//! The table of settings: names, variables, kind.

use Setting::*;

/// A setting, independent of its name in each source.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Setting {
    /// Groups that may use the local token service.
    AllowGroups,
    /// Hosts other than Salesforce's own that may be sent an assertion.
    AllowHosts,
    /// Methods of API calls that the local token service forwards.
    AllowMethods,
    /// Paths of API calls that the local token service forwards.
    AllowPaths,
    /// Users who may use the local token service.
    AllowUsers,
    /// Version of the REST API.
    ApiVersion,
    /// Audience of the assertion.
    Audience,
    /// Location of the token cache.
    Cache,
    /// File of the certificate authorities to trust.
    CaFile,
    /// Consumer key of the app: the issuer of the assertion.
    ClientId,
    /// URL of the org.
    InstanceUrl,
    /// URL to log in at.
    LoginUrl,
    /// Passphrase of the private key.
    Passphrase,
    /// Private key that signs the assertion.
    PrivateKey,
    /// Name of a profile in `config.toml`.
    Profile,
    /// Proxy for connections to Salesforce.
    Proxy,
    /// Certificate or public key of a remote private key.
    PublicKey,
    /// File of an Onify record.
    Record,
    /// Key of the record to use if a file has several.
    RecordKey,
    /// Assumed lifetime of a token.
    TokenLifetime,
    /// User who logs in: the subject of the assertion.
    Username,
}

impl Setting {
    /// All settings, in alphabetical order.
    pub const ALL: [Self; 21] = {
        let mut all = [Username; 21];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].setting;
            at += 1;
        }
        all
    };

    /// Returns the name in a profile and, in upper case after `ORGTOKEN_`, in the environment.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the name in an Onify record, for the seven settings of a record.
    pub(crate) fn record_name(self) -> Option<&'static str> {
        self.row().record
    }

    /// Returns the variables that other tools use for this setting, the most specific first.
    pub fn third_party_variables(self) -> &'static [&'static str] {
        self.row().third_party
    }

    /// Returns the variable for the value of this setting.
    pub fn variable(self) -> String {
        variable(self.name())
    }

    /// Returns all our variables for this setting, including those that name a file, a variable, a
    /// key in an agent or a command.
    pub fn variables(self) -> Vec<String> {
        self.names().iter().map(|(name, _)| variable(name)).collect()
    }

    /// Returns a description of the expected value, for hints.
    pub(crate) fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// Whether the value is a secret, which is never shown.
    pub fn is_secret(self) -> bool {
        self.row().kind == Kind::Secret
    }

    /// Whether the value is a path, which is relative to the folder of the file that has it.
    pub(crate) fn is_path(self) -> bool {
        self.row().kind == Kind::Path
    }

    /// Whether the value is a list.
    pub(crate) fn is_list(self) -> bool {
        self.row().kind == Kind::List
    }

    /// Returns the names in the environment, and the content of each.
    pub(crate) fn names(self) -> Vec<(String, Content)> {
        let Row { name, more, .. } = self.row();
        let file = self.has_file().then(|| (format!("{name}{FILE}"), Content::File));
        let more = more.iter().map(|(name, content)| ((*name).to_owned(), *content));
        [((*name).to_owned(), Content::Value)].into_iter().chain(file).chain(more).collect()
    }

    fn has_file(self) -> bool {
        !matches!(self.row().kind, Kind::Choice | Kind::Path)
    }

    /// Returns the names that a profile may have. A profile never contains a secret, only a
    /// reference to it.
    pub(crate) fn in_profiles() -> impl Iterator<Item = (String, Self, Content)> {
        Self::ALL.into_iter().flat_map(|setting| {
            let kind = setting.row().kind;
            let names = setting.names().into_iter().filter(move |(name, content)| match kind {
                Kind::Choice => false,
                Kind::File | Kind::Secret => *content != Content::Value,
                _ => name == setting.name(),
            });
            names.map(move |(name, content)| (name, setting, content))
        })
    }

    /// Returns the settings of a record with their names there.
    pub(crate) fn in_records() -> impl Iterator<Item = (Self, &'static str)> {
        Self::ALL.into_iter().filter_map(|setting| Some((setting, setting.record_name()?)))
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

/// The content of a name of a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// The name of a key in the SSH agent.
    Agent,
    /// A command that signs.
    Command,
    /// The path of a file that holds the value.
    File,
    /// The value itself.
    Value,
    /// The name of a variable that holds the value.
    Variable,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// Needed before any file is read, so no file can contain it.
    Choice,
    /// The content of a file, not secret.
    File,
    List,
    Path,
    Secret,
    Text,
}

struct Row {
    setting: Setting,
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    /// The name in a record.
    record: Option<&'static str>,
    /// Variables of other tools.
    third_party: &'static [&'static str],
    /// Further names of our own.
    more: &'static [(&'static str, Content)],
}

const fn row(setting: Setting, name: &'static str, kind: Kind, meaning: &'static str) -> Row {
    Row { setting, name, kind, meaning, record: None, third_party: &[], more: &[] }
}

/// In the order of [`Setting`].
static TABLE: [Row; 21] = [
    row(AllowGroups, "allow_groups", Kind::List, STRINGS),
    row(AllowHosts, "allow_hosts", Kind::List, STRINGS),
    row(AllowMethods, "allow_methods", Kind::List, STRINGS),
    row(AllowPaths, "allow_paths", Kind::List, STRINGS),
    row(AllowUsers, "allow_users", Kind::List, STRINGS),
    Row {
        record: Some("InstanceAPIVersion"),
        third_party: &["SF_ORG_API_VERSION", "SFDX_API_VERSION", "SALESFORCE_API_VERSION"],
        ..row(ApiVersion, "api_version", Kind::Text, "the version of the API (v51.0)")
    },
    Row {
        record: Some("Audience"),
        third_party: &["SF_AUDIENCE_URL", "SFDX_AUDIENCE_URL"],
        ..row(Audience, "audience", Kind::Text, "the audience (https://login.salesforce.com)")
    },
    row(Cache, "cache", Kind::Text, STRING),
    row(CaFile, "ca_file", Kind::Path, STRING),
    Row {
        record: Some("ClientId"),
        third_party: &["SF_CLIENT_ID", "SALESFORCE_CLIENT_ID", "SF_CONSUMER_KEY", "SFDX_CLIENT_ID"],
        ..row(ClientId, "client_id", Kind::Text, "the Consumer Key of the app")
    },
    Row {
        record: Some("InstanceUrl"),
        third_party: &["SF_ORG_INSTANCE_URL", "SFDX_INSTANCE_URL", "SF_INSTANCE_URL"],
        ..row(InstanceUrl, "instance_url", Kind::Text, MY_DOMAIN)
    },
    Row {
        record: Some("LoginUrl"),
        third_party: &["SF_LOGIN_URL", "SALESFORCE_HOST"],
        ..row(LoginUrl, "login_url", Kind::Text, LOGIN)
    },
    row(Passphrase, "passphrase", Kind::Secret, STRING),
    Row {
        record: Some("PrivateKey"),
        third_party: &["SF_JWT_PRIVATE_KEY", "SFDX_HUB_KEY", "SALESFORCE_PRIVATE_KEY"],
        more: &[
            ("private_key_env", Content::Variable),
            ("ssh_agent", Content::Agent),
            ("signer_command", Content::Command),
        ],
        ..row(PrivateKey, "private_key", Kind::Secret, KEY)
    },
    row(Profile, "profile", Kind::Choice, STRING),
    row(Proxy, "proxy", Kind::Text, STRING),
    row(PublicKey, "public_key", Kind::File, PUBLIC_KEY),
    Row { more: &[("settings", Content::Value)], ..row(Record, "record", Kind::Path, STRING) },
    Row {
        more: &[("settings_key", Content::Value)],
        ..row(RecordKey, "record_key", Kind::Choice, STRING)
    },
    row(TokenLifetime, "token_lifetime", Kind::Text, STRING),
    Row {
        record: Some("Username"),
        third_party: &["SF_USERNAME", "SALESFORCE_USERNAME"],
        ..row(Username, "username", Kind::Text, "the username (user@example.com)")
    },
];

pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

pub(crate) const PREFIX: &str = "ORGTOKEN_";
const FILE: &str = "_file";

const KEY: &str = "the private key (-----BEGIN PRIVATE KEY-----)";
const LOGIN: &str = "the login URL (https://login.salesforce.com)";
const MY_DOMAIN: &str = "the My Domain of the org (https://acme.my.salesforce.com)";
const PUBLIC_KEY: &str = "the certificate or public key of the key that signs";
const STRING: &str = "a string";
const STRINGS: &str = "a list of strings";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_settings() {
        for setting in Setting::ALL {
            assert_eq!(setting.row().setting, setting);
        }
        assert!(Setting::ALL.is_sorted());
    }
}
