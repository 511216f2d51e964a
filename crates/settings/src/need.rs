//! What has to be read before settings can be checked.

use std::borrow::Cow;
use std::fmt;

use crate::setting::Setting;
use crate::text::MAX_SETTINGS;

/// Something to read before the settings can be checked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Need {
    /// A file; a path that starts with `~/` is in the home directory.
    File {
        /// What the file is for.
        setting: Setting,
        /// The path, as seen from the folder of the file that names it.
        path: String,
    },
    /// The passphrase of the private key, from a person at a terminal.
    Passphrase,
    /// Standard input.
    Stdin {
        /// What it is for.
        setting: Setting,
    },
    /// A variable of the environment.
    Variable {
        /// What the variable is for.
        setting: Setting,
        /// Name of the variable.
        name: String,
    },
}

impl Need {
    pub(crate) fn file(setting: Setting, path: &str) -> Self {
        if path == "-" {
            Self::Stdin { setting }
        } else {
            Self::File { setting, path: path.to_owned() }
        }
    }

    /// What it is for.
    pub fn setting(&self) -> Setting {
        match self {
            Self::Passphrase => Setting::Passphrase,
            Self::File { setting, .. }
            | Self::Stdin { setting }
            | Self::Variable { setting, .. } => *setting,
        }
    }

    /// The most bytes worth reading: one byte more is [`Unread::TooLarge`].
    pub fn limit(&self) -> usize {
        if self.setting() == Setting::Record { MAX_SETTINGS } else { MAX_VALUE }
    }
}

/// Why a need could not be met.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unread {
    /// It is read, or asked for, when the key is used; the settings are good without it.
    Later,
    /// A directory, a socket or a device.
    NotAFile {
        /// The path, as it was opened.
        path: String,
    },
    /// There is no terminal at which anybody could be asked.
    NoTerminal,
    /// The operating system said no.
    Os {
        /// The path, as it was opened.
        path: String,
        /// The system's reason, as in `No such file or directory`.
        reason: String,
    },
    /// Nobody wrote into the pipe.
    TimedOut {
        /// The path, as it was opened.
        path: String,
    },
    /// There is more than [`Need::limit`] allows.
    TooLarge {
        /// The path, as it was opened.
        path: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The variable is not set, or empty.
    Unset {
        /// Name of the variable.
        name: String,
    },
}

impl Unread {
    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Later | Self::NoTerminal => {
                "put it into a file and name that: `--key-passphrase-file`".into()
            }
            Self::NotAFile { .. } => "name the file itself".into(),
            Self::Os { .. } => "check the path, and who may read the file".into(),
            Self::TimedOut { .. } => "check the command that should write into the pipe".into(),
            Self::TooLarge { .. } => "name the settings file or the key, not a data file".into(),
            Self::Unset { name } => format!("set {name}, or name another variable").into(),
        })
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Later => f.write_str("it was not asked for"),
            Self::NoTerminal => f.write_str("there is no terminal to ask at"),
            Self::NotAFile { path } => write!(f, "`{path}` is not a regular file"),
            Self::Os { path, reason } => write!(f, "cannot read `{path}`: {reason}"),
            Self::TimedOut { path } => write!(f, "nothing came from `{path}` in time"),
            Self::TooLarge { path, limit } => {
                write!(f, "`{path}` is longer than {} KiB", limit / 1024)
            }
            Self::Unset { name } => write!(f, "the variable {name} is not set"),
        }
    }
}

/// The most that a file with one value may hold: 32 KiB, room for a key with text around it.
const MAX_VALUE: usize = 32 * 1024;
