//! What was accepted, but is worth a word.

use std::fmt;

use crate::looks::Looks;
use crate::problems::belonging;
use crate::setting::Setting;
use crate::source::Source;

/// Something that was accepted, but is worth a word under `-v` and in `settings check`.
#[derive(Debug)]
pub struct Notice {
    at: String,
    remark: Remark,
}

impl Notice {
    pub(crate) fn new(source: &Source, remark: Remark) -> Self {
        Self { at: source.to_string(), remark }
    }

    /// Where it was seen.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Which setting it is about, if it is about one.
    pub fn setting(&self) -> Option<Setting> {
        match &self.remark {
            Remark::LooksLike { setting, .. }
            | Remark::Overruled { setting, .. }
            | Remark::Trimmed(setting) => Some(*setting),
            Remark::LoginHost(_) => Some(Setting::InstanceUrl),
            Remark::Retired => Some(Setting::ApiVersion),
            Remark::SandboxSuffix { .. } => Some(Setting::Username),
            Remark::Canonical(..) | Remark::Unknown(_) | Remark::UnknownVariable { .. } => None,
        }
    }

    /// Whether the value may be a secret in the wrong place.
    pub fn may_be_secret(&self) -> bool {
        matches!(&self.remark, Remark::LooksLike { found, .. } if found.is_secret())
    }

    /// The remark alone, without its place.
    pub fn remark(&self) -> String {
        self.remark.to_string()
    }

    /// Whether it is likely to make the login fail, so that a person should look at it.
    pub fn is_suspicious(&self) -> bool {
        matches!(
            self.remark,
            Remark::LoginHost(_)
                | Remark::LooksLike { .. }
                | Remark::Retired
                | Remark::SandboxSuffix { .. }
                | Remark::UnknownVariable { .. }
        )
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.remark)
    }
}

/// The kinds of notice. The words never hold a part of a value, except of a host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Remark {
    #[error("`{0}` was written differently and is taken as {1}")]
    Canonical(&'static str, String),
    #[error("{0} is where everyone logs in; the org has a URL of its own: Setup > My Domain")]
    LoginHost(String),
    #[error("`{}` looks like {found}{}", .setting.name(), belonging(*.belongs, *.found))]
    LooksLike { setting: Setting, found: Looks, belongs: Option<Setting> },
    #[error("`{}` is given here too, but {by} comes first", .setting.name())]
    Overruled { setting: Setting, by: Source },
    #[error("Salesforce has retired the versions before v31.0")]
    Retired,
    #[error("the user's name does not end in `{0}`, as the usernames of that sandbox do")]
    SandboxSuffix(String),
    #[error("`{}` had blanks around it", .0.name())]
    Trimmed(Setting),
    #[error("unknown name `{0}` is left alone")]
    Unknown(String),
    #[error("unknown variable; did you mean {near}?")]
    UnknownVariable { near: String },
}
