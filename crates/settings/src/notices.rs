//! Notices about accepted settings.

use std::fmt;

use crate::setting::Setting;
use crate::source::Source;
use crate::value_kind::ValueKind;

/// A notice about an accepted setting.
#[derive(Debug)]
pub struct Notice {
    at: String,
    kind: NoticeKind,
}

impl Notice {
    pub(crate) fn new(source: &Source, kind: NoticeKind) -> Self {
        Self { at: source.to_string(), kind }
    }

    /// Returns the setting that it is about, if any.
    pub fn setting(&self) -> Option<Setting> {
        match &self.kind {
            NoticeKind::LooksLike { setting, .. }
            | NoticeKind::Overridden { setting, .. }
            | NoticeKind::Trimmed(setting) => Some(*setting),
            NoticeKind::LoginHost(_) => Some(Setting::InstanceUrl),
            NoticeKind::Retired => Some(Setting::ApiVersion),
            NoticeKind::SandboxSuffix { .. } => Some(Setting::Username),
            NoticeKind::Canonical(..)
            | NoticeKind::Misspelt { .. }
            | NoticeKind::Unknown(_)
            | NoticeKind::UnknownVariable { .. } => None,
        }
    }

    /// Whether the value may be a secret in the wrong setting.
    pub fn may_be_secret(&self) -> bool {
        matches!(&self.kind, NoticeKind::LooksLike { found, .. } if found.is_secret())
    }

    /// Returns the message without the location.
    pub fn message(&self) -> String {
        self.kind.to_string()
    }

    /// Whether the login will probably fail because of it.
    pub fn is_suspicious(&self) -> bool {
        matches!(
            self.kind,
            NoticeKind::LoginHost(_)
                | NoticeKind::LooksLike { .. }
                | NoticeKind::Misspelt { .. }
                | NoticeKind::Retired
                | NoticeKind::SandboxSuffix { .. }
                | NoticeKind::UnknownVariable { .. }
        )
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.kind)
    }
}

/// The kind of a notice. The message contains no part of a value, except of a host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoticeKind {
    #[error("`{0}` is read as {1}")]
    Canonical(&'static str, String),
    #[error("{0} is a login host that serves every org; Setup > My Domain shows the org's own URL")]
    LoginHost(String),
    #[error("`{}` looks like {found}{}", .setting.name(), .found.belonging(*.belongs))]
    LooksLike { setting: Setting, found: ValueKind, belongs: Option<Setting> },
    #[error("unknown name `{name}` is ignored; did you mean `{near}`?")]
    Misspelt { name: String, near: &'static str },
    #[error("`{}` is overridden by {by}", .setting.name())]
    Overridden { setting: Setting, by: Source },
    #[error("API versions before v31.0 are retired")]
    Retired,
    #[error("the username does not end in `{0}`, as most usernames of that sandbox do")]
    SandboxSuffix(String),
    #[error("removed the blanks around `{}`", .0.name())]
    Trimmed(Setting),
    #[error("unknown name `{0}` is ignored")]
    Unknown(String),
    #[error("unknown variable; did you mean {near}?")]
    UnknownVariable { near: String },
}
