//! The kinds of problems: message, code and hint of each.

use std::borrow::Cow;

use orgtoken_assertion::{Diagnostic, KeyError, PublicKeyError};
use orgtoken_oauth::UrlError;
use serde_json::error::Category;

use crate::input::ReadError;
use crate::setting::Setting;
use crate::value_kind::ValueKind;

/// The kind of a problem. The message contains no part of a value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProblemKind {
    #[error("invalid character U+{code:04X} at position {position}")]
    Character { code: u32, position: usize },
    #[error("`{first}` and `{second}` cannot be used together")]
    Conflict { first: String, second: String },
    #[error("duplicate name")]
    Duplicate,
    #[error("settings are empty")]
    Empty,
    #[error("not UTF-8 at byte {offset}")]
    Encoding { offset: usize },
    #[error("not JSON: {0}")]
    Json(Json),
    #[error("{0}")]
    Key(KeyError),
    #[error("missing{}", misspelt(.meant.as_deref()))]
    Missing { meant: Option<String> },
    #[error("{what}")]
    NoProfile { what: String, hint: String },
    #[error("no profile can have an entry with this name")]
    NoSuchEntry { near: Option<String> },
    #[error("unknown section `[{name}]`")]
    UnknownSection { name: String },
    #[error("not a private key: looks like {found}")]
    NotAKey { found: ValueKind },
    #[error("expected {expected}, found {found}")]
    SecretAsName { found: &'static str, expected: &'static str },
    #[error("expected an object with settings, found {found}")]
    NotAnObject { found: &'static str },
    #[error("`{name}` is outside of any profile")]
    OutsideProfile { name: String },
    #[error("invalid: looks like {found}")]
    Placeholder { found: ValueKind },
    #[error("{0}")]
    PublicKey(PublicKeyError),
    #[error("expected one record, found {}", records(*.count, .names))]
    AmbiguousRecord { count: usize, names: Vec<String> },
    #[error("invalid: looks like {found}{}", .found.belonging(*.belongs))]
    Swapped { found: ValueKind, belongs: Option<Setting> },
    #[error("the string is not JSON: {json} at line {line}, column {column} of the string")]
    InnerJson { json: Json, line: usize, column: usize },
    // The messages of the TOML parser are fixed texts, without parts of the input.
    #[error("not TOML: {message}")]
    Toml { message: String },
    #[error("JSON in a string in a string; one level is accepted")]
    TooDeep,
    #[error("longer than {limit} {unit}")]
    TooLarge { limit: usize, unit: &'static str },
    #[error("expected {expected}, found {found}")]
    Type { expected: &'static str, found: &'static str },
    #[error("unknown name `{name}`")]
    Unknown { name: String, near: Option<String> },
    #[error("no record with that key; found {}", records(*.count, .names))]
    RecordNotFound { count: usize, names: Vec<String> },
    #[error("{error}")]
    Read { error: ReadError, of_key: bool },
    #[error("{0}")]
    Url(UrlError),
    #[error("UTF-16 text, expected UTF-8")]
    Utf16,
    #[error("{what}")]
    Value { what: &'static str, hint: &'static str },
}

impl ProblemKind {
    /// Returns the problem of an input that could not be read. A secret in place of a name is a
    /// problem of its own.
    pub(crate) fn read(error: ReadError, setting: Option<Setting>) -> Self {
        match error.without_secret(setting == Some(Setting::Passphrase)) {
            Ok(error) => {
                use Setting::{Passphrase, PrivateKey, PublicKey};
                let of_key = matches!(setting, Some(Passphrase | PrivateKey | PublicKey));
                Self::Read { error, of_key }
            }
            Err((found, expected)) => Self::SecretAsName { found, expected },
        }
    }

    /// Whether the value is read only when it is used.
    pub(crate) fn is_deferred(&self) -> bool {
        matches!(self, Self::Read { error: ReadError::Deferred, .. })
    }

    pub(crate) fn code(&self) -> &str {
        self.code_and_hint(None, false).0
    }

    /// Returns the hint. `in_record`: whether the problem is in a record, which has its own names.
    pub(crate) fn hint(&self, setting: Option<Setting>, in_record: bool) -> Option<Cow<'_, str>> {
        self.code_and_hint(setting, in_record).1
    }

    fn code_and_hint(
        &self,
        setting: Option<Setting>,
        in_record: bool,
    ) -> (&str, Option<Cow<'_, str>>) {
        let meaning = setting.map_or("the settings", Setting::meaning);
        let put_here = || format!("put {meaning} here").into();
        let (code, hint): (_, Cow<'_, str>) = match self {
            Self::Character { .. } if setting == Some(Setting::ClientId) => (
                "settings.value",
                "copy the Consumer Key of the app again; it has letters, digits, dots and \
                 underscores only"
                    .into(),
            ),
            Self::Character { .. } => (
                "settings.value",
                format!("type {meaning} by hand; pasted text may have invisible characters").into(),
            ),
            Self::Conflict { .. } => ("settings.conflict", "keep one of the two".into()),
            Self::Duplicate => ("settings.duplicate", "keep one of them".into()),
            Self::Empty => (
                "settings.empty",
                "give an Onify record, or just its `value`: {\"Username\", \"ClientId\", \
                 \"PrivateKey\", \"InstanceUrl\", \"InstanceAPIVersion\"}"
                    .into(),
            ),
            Self::Encoding { .. } => ("settings.encoding", "save the file as UTF-8".into()),
            Self::Json(json) => ("settings.json", json.hint().into()),
            Self::Key(KeyError::Encrypted) => {
                (KeyError::Encrypted.code(), GIVE_THE_PASSPHRASE.into())
            }
            Self::Key(error) => return (error.code(), error.hint()),
            Self::Missing { meant } => {
                ("settings.missing", missing(setting, meant.is_some(), in_record))
            }
            Self::NoProfile { hint, .. } => ("settings.profile", hint.into()),
            Self::UnknownSection { name } => {
                ("settings.unknown", format!("write it as `[profile.{name}]`").into())
            }
            Self::NotAKey { .. } => (
                "key.not_a_key",
                "put the PEM text here (-----BEGIN PRIVATE KEY-----), or the path into \
                 `private_key_file` or ORGTOKEN_PRIVATE_KEY_FILE"
                    .into(),
            ),
            Self::SecretAsName { expected: "a file name", .. } => (
                "settings.swapped",
                "put the text into a file that only you can read, and the path of the file here"
                    .into(),
            ),
            Self::SecretAsName { .. } => {
                ("settings.swapped", "put the name here, not the secret itself".into())
            }
            Self::NotAnObject { .. } => (
                "settings.shape",
                "write the settings as an object: {\"Username\": \"user@acme.com\", …}".into(),
            ),
            Self::OutsideProfile { .. } => {
                ("settings.unknown", "add a line `[profile.NAME]` above it".into())
            }
            Self::Placeholder { found: ValueKind::Variable } => (
                "settings.placeholder",
                format!("set the variable in this environment, or put {meaning} here").into(),
            ),
            Self::Placeholder { .. } => {
                ("settings.placeholder", format!("put {meaning} here").into())
            }
            Self::PublicKey(error) => return (error.code(), error.hint()),
            Self::AmbiguousRecord { .. } => {
                ("settings.shape", "give the key of one of them in ORGTOKEN_SETTINGS_KEY".into())
            }
            Self::Swapped { belongs: None, .. } => ("settings.swapped", put_here()),
            Self::Swapped { belongs: Some(belongs), .. } => {
                let there = name(*belongs, in_record);
                let hint = format!("put it into `{there}`, and {meaning} here");
                ("settings.swapped", hint.into())
            }
            Self::InnerJson { json, .. } => ("settings.shape", json.hint().into()),
            Self::Toml { message } => ("settings.toml", toml_hint(message).into()),
            Self::TooDeep => ("settings.shape", "write the settings as an object".into()),
            Self::TooLarge { .. } => ("settings.too_large", put_here()),
            Self::Type { .. } => ("settings.type", put_here()),
            Self::NoSuchEntry { near: None } => {
                ("settings.unknown", "`orgtoken help profiles` lists the entries".into())
            }
            Self::NoSuchEntry { near: Some(near) } | Self::Unknown { near: Some(near), .. } => {
                ("settings.unknown", format!("did you mean `{near}`?").into())
            }
            Self::Unknown { .. } => {
                let schema = if in_record { "record" } else { "config" };
                let hint =
                    format!("remove it; `orgtoken settings schema {schema}` lists the names");
                ("settings.unknown", hint.into())
            }
            Self::RecordNotFound { .. } => {
                ("settings.shape", "give one of these keys in ORGTOKEN_SETTINGS_KEY".into())
            }
            Self::Read { error, of_key } => {
                let code = match error {
                    _ if *of_key => "key.read",
                    ReadError::TooLarge { .. } => "settings.too_large",
                    _ => "settings.read",
                };
                (code, error.hint())
            }
            Self::Url(error) => return (error.code(), error.hint()),
            Self::Utf16 => (
                "settings.encoding",
                "save the file as UTF-8; in PowerShell: `Set-Content -Encoding utf8`".into(),
            ),
            Self::Value { hint, .. } => ("settings.value", (*hint).into()),
        };
        (code, Some(hint))
    }
}

/// The message of `serde_json` about a text that is not JSON. Messages about syntax are fixed
/// texts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Json(String);

impl Json {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        // Messages of other categories may quote a value.
        let words = match error.classify() {
            Category::Eof | Category::Syntax => error.to_string(),
            Category::Data | Category::Io => "unexpected value".to_owned(),
        };
        Self(words.split(" at line ").next().unwrap_or_default().to_owned())
    }

    fn hint(&self) -> &'static str {
        match &*self.0 {
            "key must be a string" => {
                "put names in straight double quotes; the template in the blueprint's README \
                 lacks the \" before InstanceUrl"
            }
            "trailing comma" => "remove the comma after the last entry",
            words if words.starts_with("control character") => {
                "write the line breaks of `PrivateKey` as \\n, all on one line: \
                 \"-----BEGIN PRIVATE KEY-----\\nMII…\\n-----END PRIVATE KEY-----\\n\""
            }
            words if words.starts_with("EOF") => "copy it again, up to the last }",
            _ => "give one record in JSON, such as {\"Username\": \"user@acme.com\", …}",
        }
    }
}

fn toml_hint(message: &str) -> &'static str {
    match message {
        message if message.contains("duplicate") => "keep one of them",
        message if message.contains("unclosed") => "close it on the same line",
        message if message.contains("invalid key-value") => {
            "write `[profile.NAME]`, and under it lines like username = \"user@acme.com\"; name \
             the file of a record as `record`"
        }
        _ => "put strings in straight quotes: name = \"value\"",
    }
}

/// Returns the name of a setting in a record or in other sources.
fn name(setting: Setting, in_record: bool) -> &'static str {
    setting.record_name().filter(|_| in_record).unwrap_or_else(|| setting.name())
}

fn misspelt(meant: Option<&str>) -> String {
    meant.map(|name| format!(", and `{name}` is unknown")).unwrap_or_default()
}

fn missing(setting: Option<Setting>, is_misspelt: bool, in_record: bool) -> Cow<'static, str> {
    let Some(setting) = setting else { return "add it".into() };
    let (record, what) = (setting.record_name(), setting.meaning());
    if is_misspelt {
        let name = name(setting, true);
        return format!("did you mean `{name}`?").into();
    }
    if let (true, Some(name)) = (in_record, record) {
        return format!("add `{name}` to the record: {what}").into();
    }
    let record = record.map(|name| format!("`{name}` in a record"));
    let ways: Vec<String> = record.into_iter().chain([setting.variable()]).collect();
    let profile = match setting {
        Setting::PrivateKey => "private_key_file",
        Setting::PublicKey => "public_key_file",
        _ => setting.name(),
    };
    // The app may not exist yet: `setup` then saves the profile without its consumer key.
    let setup = if setting == Setting::ClientId { "; `orgtoken setup` asks for it" } else { "" };
    format!("give {what}: {} or `{profile}` in a profile{setup}", ways.join(", ")).into()
}

fn records(count: usize, names: &[String]) -> String {
    let noun = if count == 1 { "record" } else { "records" };
    let names = if names.is_empty() { String::new() } else { format!(" ({})", quoted(names)) };
    format!("{count} {noun}{names}")
}

/// Returns a list of names for a message.
pub(crate) fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { " and more" } else { "" };
    format!("{}{more}", quoted.join(", "))
}

const GIVE_THE_PASSPHRASE: &str = "decrypt it with `openssl pkcs8 -in key.pem -out plain.pem`, or \
    give its passphrase in `passphrase_file` or ORGTOKEN_PASSPHRASE_FILE";

/// The maximum number of names in a message.
const SHOWN: usize = 8;
