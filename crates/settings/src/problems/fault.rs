//! The kinds of fault, their words and the way out of each.

use std::borrow::Cow;

use orgtoken_assertion::KeyError;
use orgtoken_oauth::UrlError;

use crate::looks::Looks;
use crate::need::Unread;
use crate::record::Syntax;
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
    #[error("this is UTF-16")]
    Utf16,
    #[error("{0}")]
    Json(Syntax),
    #[error("{0}")]
    Key(KeyError),
    #[error("holds {found}, where the name of a place is expected")]
    KeyAsName { found: Looks },
    #[error("{}", missing(.meant.as_deref()))]
    Missing { meant: Option<String> },
    #[error("{found} stands where the text of a private key is expected")]
    NotAKey { found: Looks },
    #[error("{}", no_profile(.known))]
    NoProfile { known: Vec<String> },
    #[error("a placeholder was left in")]
    Placeholder,
    #[error("{0}")]
    Shape(ShapeFault),
    #[error("holds {found}, which belongs in {}", both(*.belongs))]
    Swapped { found: Looks, belongs: Setting },
    #[error("longer than {limit} {unit}")]
    TooLarge { limit: usize, unit: &'static str },
    // The words of the TOML parser are fixed texts; they hold no part of what it read.
    #[error("not TOML: {message}")]
    Toml { message: String },
    #[error("expected {expected}, found {found}")]
    Type { expected: Expected, found: Found },
    #[error("unknown name `{name}`")]
    Unknown { name: String, near: Option<&'static str> },
    #[error("{0}")]
    Unread(Unread, bool),
    #[error("{0}")]
    Url(UrlError),
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
            Self::KeyAsName { .. } => "settings.swapped",
            Self::Missing { .. } => "settings.missing",
            Self::NoProfile { .. } => "settings.profile",
            Self::NotAKey { .. } => "key.not_a_key",
            Self::Placeholder => "settings.placeholder",
            Self::Shape(_) => "settings.shape",
            Self::Swapped { .. } => "settings.swapped",
            Self::TooLarge { .. } => "settings.too_large",
            Self::Toml { .. } => "settings.toml",
            Self::Type { .. } => "settings.type",
            Self::Unknown { .. } => "settings.unknown",
            Self::Unread(Unread::TooLarge { .. }, false) => "settings.too_large",
            Self::Unread(_, false) => "settings.read",
            Self::Unread(_, true) => "key.read",
            Self::Url(error) => error.code(),
            Self::Value(_) => "settings.value",
        }
    }

    pub(crate) fn hint(
        &self,
        setting: Option<Setting>,
        in_record: bool,
    ) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Conflict { .. } => "keep one of the two".into(),
            Self::Duplicate => {
                "keep one of them: which one counts is not for a program to guess".into()
            }
            Self::Empty => {
                "give an Onify record, or just its `value`: {\"Username\", \"ClientId\", \
                 \"PrivateKey\", \"InstanceUrl\", \"InstanceAPIVersion\"}"
                    .into()
            }
            Self::Encoding { .. } => "save the file as UTF-8".into(),
            Self::Utf16 => {
                "save the file as UTF-8; in PowerShell: `Set-Content -Encoding utf8`".into()
            }
            Self::Json(syntax) => return Some(syntax.hint()),
            Self::Key(error) => return error.hint(),
            Self::KeyAsName { .. } => {
                "put the text into a file that only you can read, and the path of the file here"
                    .into()
            }
            Self::Missing { meant } => missing_hint(setting, meant.as_deref(), in_record),
            Self::NoProfile { known } if known.is_empty() => {
                "write a `[profile.NAME]` section into it".into()
            }
            Self::NoProfile { known } => format!("it has {}", quoted(known)).into(),
            Self::NotAKey { .. } => {
                "put the PEM text itself here (-----BEGIN PRIVATE KEY-----), or name the file \
                 with `--jwt-key-file`"
                    .into()
            }
            Self::Placeholder => format!("put {} in its place", meaning(setting)).into(),
            Self::Shape(fault) => fault.hint(),
            Self::Swapped { belongs, .. } => setting.map_or_else(
                || format!("move it to {}", both(*belongs)).into(),
                |setting| format!("exchange {} and {}", both(setting), both(*belongs)).into(),
            ),
            Self::TooLarge { .. } => format!("put {} here", meaning(setting)).into(),
            Self::Toml { .. } => "put texts in quotes: name = \"value\"".into(),
            Self::Type { .. } => format!("put {} here", meaning(setting)).into(),
            Self::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?").into(),
            Self::Unknown { .. } => "remove it, or see the names in the documentation".into(),
            Self::Unread(unread, _) => return unread.hint(),
            Self::Url(error) => return error.hint(),
            Self::Value(fault) => return fault.hint(setting),
        })
    }
}

/// What type a value should have.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Expected {
    #[error("a list of texts")]
    Texts,
    #[error("a section")]
    Section,
    #[error("a text")]
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
    #[error("a text")]
    Text,
}

/// Why JSON is no settings record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShapeFault {
    #[error("found {found}, expected an object with settings")]
    NotAnObject { found: Found },
    #[error("found {count} records{}, and none of them was named", among(.names))]
    Several { count: usize, names: Vec<String> },
    #[error("JSON inside a text inside a text: one level is accepted")]
    TooDeep,
    #[error("the text does not hold JSON: {0}, line {1}, column {2} of it")]
    TextIsNotJson(Syntax, usize, usize),
    #[error("found {count} records{}, and none has the key that was asked for", among(.names))]
    Unlisted { count: usize, names: Vec<String> },
}

impl ShapeFault {
    fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::NotAnObject { .. } => {
                "write the settings as an object: {\"Username\": \"user@acme.com\", …}".into()
            }
            Self::Several { .. } => "name one with `--settings-key`".into(),
            Self::TextIsNotJson(syntax, ..) => syntax.hint(),
            Self::TooDeep => "write the settings as an object, not as a text".into(),
            Self::Unlisted { .. } => "give one of these keys with `--settings-key`".into(),
        }
    }
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

impl ValueFault {
    fn hint(&self, setting: Option<Setting>) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::ApiVersion => "write it as v51.0".into(),
            Self::Cache => {
                "write `file`, `memory`, `none` or a `redis://` or `rediss://` URL".into()
            }
            Self::Character { .. } => match setting? {
                Setting::ClientId => {
                    "copy the Consumer Key of the app again: it has letters, digits, dots and \
                     underscores only"
                        .into()
                }
                setting => {
                    format!("type {} anew: the character came with a paste", meaning(Some(setting)))
                        .into()
                }
            },
            Self::Duration => "write it as 30s, 10m or 2h".into(),
            Self::NoAt => {
                "give the username as Setup > Users shows it, in the form user@example.com".into()
            }
            Self::UserId => {
                "give the Username of that user, in the form user@example.com: see Setup > Users"
                    .into()
            }
        })
    }
}

/// A setting under both names that a person may know.
fn both(setting: Setting) -> Cow<'static, str> {
    match setting.record_name() {
        Some(record) => format!("`{record}` ({})", setting.name()).into(),
        None => format!("`{}`", setting.name()).into(),
    }
}

fn missing(meant: Option<&str>) -> Cow<'static, str> {
    match meant {
        Some(name) => format!("missing; `{name}` is not the name").into(),
        None => "missing".into(),
    }
}

fn missing_hint(
    setting: Option<Setting>,
    meant: Option<&str>,
    in_record: bool,
) -> Cow<'static, str> {
    let Some(setting) = setting else { return "give it".into() };
    let record = setting.record_name();
    if meant.is_some() {
        let name = record.unwrap_or_else(|| setting.name());
        return format!("did you mean `{name}`? capitals and spelling count").into();
    }
    let what = meaning(Some(setting));
    if let (true, Some(name)) = (in_record, record) {
        return format!("add `{name}` to the record: {what}").into();
    }
    let flag = setting.flag().map(|flag| format!("`{flag}`"));
    let record = record.map(|name| format!("`{name}` in a record"));
    let ways: Vec<String> = flag.into_iter().chain(record).chain([setting.variable()]).collect();
    let profile = profile_name(setting);
    format!("give {what}, by {} or `{profile}` in a profile", ways.join(", ")).into()
}

fn profile_name(setting: Setting) -> &'static str {
    match setting {
        Setting::PrivateKey => "private_key_file",
        Setting::PublicKey => "public_key_file",
        _ => setting.name(),
    }
}

/// What a person should put there.
fn meaning(setting: Option<Setting>) -> &'static str {
    let Some(setting) = setting else { return "the settings" };
    match setting {
        Setting::ApiVersion => "the version of the API (v51.0)",
        Setting::Audience => "the audience (https://login.salesforce.com)",
        Setting::ClientId => "the Consumer Key of the app",
        Setting::InstanceUrl => "the My Domain of the org (https://acme.my.salesforce.com)",
        Setting::LoginUrl => "the address to log in at (https://login.salesforce.com)",
        Setting::PrivateKey => "the private key (-----BEGIN PRIVATE KEY-----)",
        Setting::PublicKey => "the certificate or public key of the key that signs",
        Setting::Username => "the username (user@example.com)",
        Setting::AllowGroups | Setting::AllowHosts | Setting::AllowUsers => "a list of texts",
        _ => "a text",
    }
}

fn no_profile(known: &[String]) -> &'static str {
    if known.is_empty() { "no profile in the file" } else { "no profile of that name" }
}

fn among(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" ({})", quoted(names)) }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { " and more" } else { "" };
    format!("{}{more}", quoted.join(", "))
}

/// How many names a message lists.
const SHOWN: usize = 8;
