//! Guesses the kind of a value. A guess makes an error or a notice clearer; it never refuses a
//! value.

use std::borrow::Cow;
use std::fmt;

use crate::setting::Setting;

/// The likely kind of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ValueKind {
    Certificate,
    ClientId,
    ConsumerSecret,
    Path,
    Placeholder,
    PrivateKey,
    Url,
    UserId,
    Username,
    Variable,
}

impl ValueKind {
    /// Returns the most specific kind that matches, or `None`.
    pub(crate) fn guess(text: &str) -> Option<Self> {
        let text = text.trim();
        Some(match text {
            _ if text.contains("-----BEGIN CERT") => Self::Certificate,
            _ if text.contains("-----BEGIN") || is_base64_of_der(text) || is_jwk(text) => {
                Self::PrivateKey
            }
            _ if is_variable(text) => Self::Variable,
            _ if is_placeholder(text) => Self::Placeholder,
            _ if is_url(text) => Self::Url,
            _ if text.starts_with("3MVG9") => Self::ClientId,
            _ if is_user_id(text) => Self::UserId,
            _ if is_consumer_secret(text) => Self::ConsumerSecret,
            _ if is_path(text) => Self::Path,
            _ if is_username(text) => Self::Username,
            _ => return None,
        })
    }

    /// Returns the setting that such a value belongs to, if any.
    pub(crate) fn setting(self) -> Option<Setting> {
        Some(match self {
            Self::ClientId => Setting::ClientId,
            Self::PrivateKey => Setting::PrivateKey,
            Self::Url => Setting::InstanceUrl,
            Self::Username => Setting::Username,
            Self::Certificate
            | Self::ConsumerSecret
            | Self::Path
            | Self::Placeholder
            | Self::UserId
            | Self::Variable => return None,
        })
    }

    /// Returns where such a value belongs, as the end of a message.
    pub(crate) fn belonging(self, setting: Option<Setting>) -> Cow<'static, str> {
        match (setting, self) {
            (Some(setting), _) => {
                let name = setting.record_name().unwrap_or_else(|| setting.name());
                format!(", which belongs in `{name}`").into()
            }
            (None, Self::ConsumerSecret) => ", which this login does not need".into(),
            (None, Self::Certificate) => ", which belongs in the app in Salesforce".into(),
            (None, _) => "".into(),
        }
    }

    /// Whether such a value may be a secret in the wrong setting.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::Certificate | Self::ConsumerSecret | Self::PrivateKey)
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::ClientId => "a Consumer Key",
            Self::ConsumerSecret => "a Consumer Secret",
            Self::Path => "the path of a file",
            Self::Placeholder => "a placeholder",
            Self::PrivateKey => "a key",
            Self::Url => "a URL",
            Self::UserId => "a user id",
            Self::Username => "a username",
            Self::Variable => "a variable that was not expanded",
        })
    }
}

/// Whether the text is a placeholder of a template, a log or a program.
///
/// Words such as `your-` or `instance` do not count: companies have such names.
fn is_placeholder(text: &str) -> bool {
    let enclosed = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    (text.contains('<') && text.contains('>'))
        || (enclosed("[", "]") && !text.contains(':'))
        || text.ends_with("...")
        || text.ends_with('…')
        || MISSING_VALUES.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether the text has a reference to a variable, in the notation of a shell, a pipeline or a
/// template.
fn is_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let percent = || text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    ["$(", "${", "{{"].iter().any(|open| text.contains(open))
        || text.strip_prefix('$').is_some_and(is_name)
        || percent().is_some_and(is_name)
}

/// Whether the text is base64 of a DER sequence of more than 255 octets, such as a key.
fn is_base64_of_der(text: &str) -> bool {
    text.starts_with("MII") && text.len() > 64 && !text.contains('@')
}

fn is_jwk(text: &str) -> bool {
    text.starts_with('{') && text.contains("\"kty\"")
}

/// Consumer Secrets have 64 hexadecimal digits, or about 19 decimal digits in older apps.
fn is_consumer_secret(text: &str) -> bool {
    let hexadecimal =
        || text.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let decimal = || text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() == 64 && hexadecimal() || (16..=20).contains(&text.len()) && decimal()
}

fn is_url(text: &str) -> bool {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    text.contains("://")
        || (!text.contains('@') && host.to_ascii_lowercase().ends_with("salesforce.com"))
}

/// User ids start with 005 and have 15 or 18 characters.
fn is_user_id(text: &str) -> bool {
    text.starts_with("005")
        && matches!(text.len(), 15 | 18)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_path(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let ending =
        [".pem", ".key", ".der", ".p8", ".crt", ".cer", ".txt", ".p12", ".pfx", ".jks", ".json"];
    !text.contains(['\n', '\r', '{'])
        && text.len() < 4096
        && (ending.iter().any(|ending| lower.ends_with(ending))
            || ["/", "./", "../", "~/", "\\\\"].iter().any(|start| text.starts_with(start))
            || text.get(1..3) == Some(":\\"))
}

fn is_username(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !text.contains([' ', '\n', '/', ':'])
    })
}

/// Texts that programs print for a missing value, and CI systems for a secret.
const MISSING_VALUES: [&str; 4] = ["***", "none", "null", "undefined"];
