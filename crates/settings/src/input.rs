//! What has to be read before settings can be checked.

use std::borrow::Cow;

use orgtoken_oauth::redact;

use crate::setting::Setting;
use crate::text::MAX_SETTINGS;

/// Something to read before the settings can be checked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Input {
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

impl Input {
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

    /// The most bytes worth reading: one byte more is [`ReadError::TooLarge`].
    pub fn limit(&self) -> usize {
        if self.setting() == Setting::Record { MAX_SETTINGS } else { MAX_VALUE }
    }
}

/// Why a need could not be met.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is read, or asked for, when the key is used; the settings are good without it.
    #[error("not read yet")]
    Deferred,
    /// A directory, a socket or a device.
    #[error("`{}` is not a regular file", redact::path(.path))]
    NotAFile {
        /// The path, as it was opened.
        path: String,
    },
    /// There is no terminal at which anybody could be asked.
    #[error("no terminal to ask at")]
    NoTerminal,
    /// The operating system said no.
    #[error("cannot read `{}`: {reason}", redact::path(.path))]
    Os {
        /// The path, as it was opened.
        path: String,
        /// The system's reason, as in `No such file or directory`.
        reason: String,
    },
    /// Nobody wrote into the pipe.
    #[error("timed out while reading `{}`", redact::path(.path))]
    TimedOut {
        /// The path, as it was opened.
        path: String,
    },
    /// There is more than [`Input::limit`] allows.
    #[error("`{}` is longer than {} KiB", redact::path(.path), .limit / 1024)]
    TooLarge {
        /// The path, as it was opened.
        path: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The variable is not set, or empty.
    #[error("variable {} is not set", redact::variable(.name))]
    Unset {
        /// Name of the variable.
        name: String,
    },
}

impl ReadError {
    pub(crate) fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Deferred | Self::NoTerminal => {
                "put the passphrase into a file, and its path into `passphrase_file`".into()
            }
            Self::NotAFile { .. } => "name the file itself".into(),
            Self::Os { .. } => "check the path and the permissions of the file".into(),
            Self::TimedOut { .. } => "check the command that writes to the pipe".into(),
            Self::TooLarge { .. } => "name the settings file or the key, not a data file".into(),
            Self::Unset { name } if name == redact::WITHHELD => {
                "put the name of a variable here, not its value".into()
            }
            Self::Unset { name } => format!("set {name}, or name another variable").into(),
        }
    }

    /// The same with its name only as far as it may be shown: what stands for the name of the file
    /// of a passphrase may be the passphrase. An error says what secret stands in place of what.
    pub(crate) fn without_secret(
        mut self,
        of_passphrase: bool,
    ) -> Result<Self, (&'static str, &'static str)> {
        match &mut self {
            Self::Deferred | Self::NoTerminal => {}
            Self::NotAFile { path }
            | Self::Os { path, .. }
            | Self::TimedOut { path }
            | Self::TooLarge { path, .. } => {
                if of_passphrase {
                    redact::WITHHELD.clone_into(path);
                } else if let Some(found) = redact::secret_as_path(path) {
                    return Err((found, "a file name"));
                }
                *path = redact::path(path).to_owned();
            }
            Self::Unset { name } => {
                if let Some(found) = redact::secret_as_variable(name) {
                    return Err((found, "the name of a variable"));
                }
                *name = redact::variable(name).to_owned();
            }
        }
        Ok(self)
    }
}

/// The most that a file with one value may hold: 32 KiB, room for a key with text around it.
const MAX_VALUE: usize = 32 * 1024;
