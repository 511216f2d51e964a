//! The kinds of fault, their words and the way out of each.

use std::borrow::Cow;

use orgtoken_assertion::{KeyError, PublicKeyError};
use orgtoken_oauth::UrlError;
use serde_json::error::Category;

use crate::looks::Looks;
use crate::need::Unread;
use crate::setting::Setting;

/// What is wrong at a place. The words never hold a part of a value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("two settings exclude each other: `{first}` and `{second}`")]
    Conflict { first: String, second: String },
    #[error("the name stands twice")]
    Duplicate,
    #[error("settings are empty")]
    Empty,
    #[error("not UTF-8 at byte {offset}")]
    Encoding { offset: usize },
    #[error("not JSON: {0}")]
    Json(Json),
    #[error("{0}")]
    Key(KeyError),
    #[error("{}", missing(.meant.as_deref()))]
    Missing { meant: Option<String> },
    #[error("{}", no_profile(.known))]
    NoProfile { known: Vec<String> },
    #[error("the section `[{name}]` is no profile")]
    NoSectionOfOurs { name: String },
    #[error("there are several profiles, and none was named")]
    NoProfileChosen { known: Vec<String> },
    #[error("not a private key: looks like {found}")]
    NotAKey { found: Looks },
    #[error("`{name}` stands outside of any profile")]
    OutsideOfProfiles { name: String },
    #[error("contains {found}, expected {expected}")]
    NotAName { found: &'static str, expected: &'static str },
    #[error("invalid: looks like {found}")]
    Placeholder { found: Looks },
    #[error("{0}")]
    PublicKey(PublicKeyError),
    #[error("{0}")]
    Shape(ShapeFault),
    #[error("invalid: looks like {found}{}", belonging(*.belongs, *.found))]
    Swapped { found: Looks, belongs: Option<Setting> },
    // The words of the TOML parser are fixed texts; they hold no part of what it read.
    #[error("not TOML: {message}")]
    Toml { message: String },
    #[error("longer than {limit} {unit}")]
    TooLarge { limit: usize, unit: &'static str },
    #[error("expected {expected}, found {found}")]
    Type { expected: Expected, found: Found },
    #[error("unknown name `{name}`")]
    Unknown { name: String, near: Option<String> },
    #[error("{why}")]
    Unread { why: Unread, of_key: bool },
    #[error("{0}")]
    Url(UrlError),
    #[error("this is UTF-16")]
    Utf16,
    #[error("{0}")]
    Value(ValueFault),
}

impl Fault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "settings.conflict",
            Self::Duplicate => "settings.duplicate",
            Self::Empty => "settings.empty",
            Self::Encoding { .. } | Self::Utf16 => "settings.encoding",
            Self::Json(_) => "settings.json",
            Self::Key(error) => error.code(),
            Self::Missing { .. } => "settings.missing",
            Self::NoProfile { .. } | Self::NoProfileChosen { .. } => "settings.profile",
            Self::NotAKey { .. } => "key.not_a_key",
            Self::Placeholder { .. } => "settings.placeholder",
            Self::PublicKey(error) => error.code(),
            Self::Shape(_) => "settings.shape",
            Self::NotAName { .. } | Self::Swapped { .. } => "settings.swapped",
            Self::TooLarge { .. } => "settings.too_large",
            Self::Toml { .. } => "settings.toml",
            Self::Type { .. } => "settings.type",
            Self::NoSectionOfOurs { .. }
            | Self::OutsideOfProfiles { .. }
            | Self::Unknown { .. } => "settings.unknown",
            Self::Unread { of_key: true, .. } => "key.read",
            Self::Unread { why: Unread::TooLarge { .. }, .. } => "settings.too_large",
            Self::Unread { .. } => "settings.read",
            Self::Url(error) => error.code(),
            Self::Value(_) => "settings.value",
        }
    }
}

/// What type a value should have.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Expected {
    #[error("a list of strings")]
    Texts,
    #[error("a section")]
    Section,
    #[error("a string")]
    Text,
}

/// What type a value has.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Found {
    #[error("true or false")]
    Bool,
    #[error("a date")]
    Date,
    #[error("a list")]
    List,
    #[error("null")]
    Null,
    #[error("a number")]
    Number,
    #[error("an object")]
    Object,
    #[error("a string")]
    Text,
}

/// What `serde_json` says of a text that is not JSON. Its words for faults of syntax are fixed texts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Json(String);

impl Json {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        // The words of the other categories may quote a value.
        let words = match error.classify() {
            Category::Eof | Category::Syntax => error.to_string(),
            Category::Data | Category::Io => "unexpected value".to_owned(),
        };
        Self(words.split(" at line ").next().unwrap_or_default().to_owned())
    }

    pub(super) fn hint(&self) -> &'static str {
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

/// Why JSON is no settings record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShapeFault {
    #[error("found {found}, expected an object with settings")]
    NotAnObject { found: Found },
    #[error("found {}, and none was named", records(*.count, .names))]
    Several { count: usize, names: Vec<String> },
    #[error("JSON inside a string inside a string: one level is accepted")]
    TooDeep,
    #[error("the string does not hold JSON: {0}, line {1}, column {2} of it")]
    TextIsNotJson(Json, usize, usize),
    #[error("found {}, and none has the key that was asked for", records(*.count, .names))]
    Unlisted { count: usize, names: Vec<String> },
}

/// Why a text is no value for its setting.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueFault {
    #[error("not a version of the API")]
    ApiVersion,
    #[error("not a kind of cache")]
    Cache,
    #[error("character U+{code:04X} at position {position} cannot stand in it")]
    Character { code: u32, position: usize },
    #[error("not a length of time between 1 s and 24 h")]
    Duration,
    #[error("lacks the `@` of a username")]
    NoAt,
    #[error("a user id, not a username")]
    UserId,
}

pub(crate) fn belonging(setting: Option<Setting>, found: Looks) -> Cow<'static, str> {
    match (setting, found) {
        (Some(setting), _) => format!(", which belongs in `{}`", name(setting, true)).into(),
        (None, Looks::ConsumerSecret) => ", which this login does not need".into(),
        (None, Looks::Certificate) => ", which belongs in the app in Salesforce".into(),
        (None, _) => "".into(),
    }
}

/// The name of a setting in a record, or elsewhere.
pub(super) fn name(setting: Setting, in_record: bool) -> &'static str {
    setting.record_name().filter(|_| in_record).unwrap_or_else(|| setting.name())
}

fn missing(meant: Option<&str>) -> Cow<'static, str> {
    match meant {
        Some(name) => format!("missing; `{name}` is not the name").into(),
        None => "missing".into(),
    }
}

fn no_profile(known: &[String]) -> &'static str {
    if known.is_empty() { "no profile in the file" } else { "no profile of that name" }
}

fn records(count: usize, names: &[String]) -> String {
    let noun = if count == 1 { "record" } else { "records" };
    let names = if names.is_empty() { String::new() } else { format!(" ({})", quoted(names)) };
    format!("{count} {noun}{names}")
}

pub(super) fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { " and more" } else { "" };
    format!("{}{more}", quoted.join(", "))
}

/// How many names a message lists.
const SHOWN: usize = 8;
