//! The way out of each fault: one sentence for a tired person.

use std::borrow::Cow;

use orgtoken_assertion::KeyError;

use super::fault::{Fault, ShapeFault, ValueFault, name, quoted};
use crate::looks::Looks;
use crate::setting::Setting;

impl Fault {
    /// What to do about it. `in_record` is whether the fault is in a record, where flags are no
    /// way out.
    pub(crate) fn hint(
        &self,
        setting: Option<Setting>,
        in_record: bool,
    ) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Json(json) => json.hint().into(),
            Self::Key(KeyError::Encrypted) => GIVE_THE_PASSPHRASE.into(),
            Self::Key(error) => return error.hint(),
            Self::PublicKey(error) => return error.hint(),
            Self::Missing { meant } => missing(setting, meant.as_deref(), in_record),
            Self::NoProfile { known } if known.is_empty() => {
                "write a `[profile.NAME]` section into it".into()
            }
            Self::NoProfile { known } => format!("it has {}", quoted(known)).into(),
            Self::NoProfileChosen { known } => {
                let known = quoted(known);
                format!("name one with `--profile` or `default_profile`: it has {known}").into()
            }
            Self::NoSectionOfOurs { name } => format!("write it as `[profile.{name}]`").into(),
            Self::Placeholder { found: Looks::Variable } => format!(
                "set the variable where this runs, or put {} in its place",
                meaning(setting)
            )
            .into(),
            Self::Placeholder { .. } => format!("put {} in its place", meaning(setting)).into(),
            Self::Shape(fault) => fault.hint(),
            Self::Swapped { belongs: None, .. } => format!("put {} here", meaning(setting)).into(),
            Self::Swapped { belongs: Some(belongs), .. } => {
                let there = name(*belongs, in_record);
                format!("put it into `{there}`, and {} here", meaning(setting)).into()
            }
            Self::TooLarge { .. } | Self::Type { .. } => {
                format!("put {} here", meaning(setting)).into()
            }
            Self::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?").into(),
            Self::Unknown { .. } if in_record => {
                "remove it, or see `orgtoken settings schema record` for the names".into()
            }
            Self::Unread { why, .. } => return why.hint(),
            Self::Url(error) => return error.hint(),
            Self::Value(fault) => return fault.hint(setting),
            _ => self.plain_hint()?.into(),
        })
    }

    fn plain_hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Conflict { .. } => "keep one of the two",
            Self::Duplicate => "keep one of them: which one counts is not for a program to guess",
            Self::Empty => {
                "give an Onify record, or just its `value`: {\"Username\", \"ClientId\", \
                 \"PrivateKey\", \"InstanceUrl\", \"InstanceAPIVersion\"}"
            }
            Self::Encoding { .. } => "save the file as UTF-8",
            Self::NotAName { expected: "a file name", .. } => {
                "put the text into a file that only you can read, and the path of the file here"
            }
            Self::NotAName { .. } => "give a name here, and put the secret where it leads",
            Self::NotAKey { .. } => {
                "put the PEM text itself here (-----BEGIN PRIVATE KEY-----), or name the file \
                 with `--jwt-key-file` or ORGTOKEN_PRIVATE_KEY_FILE"
            }
            Self::OutsideOfProfiles { .. } => "put a line `[profile.NAME]` before it",
            Self::Toml { message } if message.contains("duplicate") => "keep one of them",
            Self::Toml { message } if message.contains("unclosed") => "close it on the same line",
            Self::Toml { message } if message.contains("invalid key-value") => {
                "write `[profile.NAME]`, and under it lines as username = \"user@acme.com\"; a record \
                 in JSON goes to `--settings`"
            }
            Self::Toml { .. } => "put strings in straight quotes: name = \"value\"",
            Self::Unknown { .. } => {
                "remove it, or see `orgtoken settings schema config` for the names"
            }
            Self::Utf16 => "save the file as UTF-8; in PowerShell: `Set-Content -Encoding utf8`",
            _ => return None,
        })
    }
}

impl ShapeFault {
    fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::NotAnObject { .. } => {
                "write the settings as an object: {\"Username\": \"user@acme.com\", …}".into()
            }
            Self::Several { .. } => "name one with `--settings-key`".into(),
            Self::TextIsNotJson(json, ..) => json.hint().into(),
            Self::TooDeep => "write the settings as an object, not as a string".into(),
            Self::Unlisted { .. } => "give one of these keys with `--settings-key`".into(),
        }
    }
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

fn missing(setting: Option<Setting>, meant: Option<&str>, in_record: bool) -> Cow<'static, str> {
    let Some(setting) = setting else { return "give it".into() };
    let record = setting.record_name();
    if meant.is_some() {
        let name = name(setting, true);
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

fn meaning(setting: Option<Setting>) -> &'static str {
    setting.map_or("the settings", Setting::meaning)
}

const GIVE_THE_PASSPHRASE: &str = "give its passphrase: `--key-passphrase-file`, \
    ORGTOKEN_PASSPHRASE_FILE or `passphrase_file`; or decrypt it: \
    `openssl pkcs8 -in key.pem -out plain.pem`";
