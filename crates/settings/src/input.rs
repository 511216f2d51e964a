//! Input that settings name, and errors of reading it.

use std::borrow::Cow;

use orgtoken_oauth::redact;

use crate::setting::Setting;

/// Something to read before the settings can be checked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// A file. A path that starts with `~/` is in the home folder.
    File {
        /// The setting that the file is for.
        setting: Setting,
        /// The path, resolved against the folder of the file that names it.
        path: String,
    },
    /// Standard input.
    Stdin {
        /// The setting that it is for.
        setting: Setting,
    },
    /// An environment variable.
    Variable {
        /// The setting that the variable is for.
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

    /// Returns the setting that the input is for.
    pub fn setting(&self) -> Setting {
        match self {
            Self::File { setting, .. }
            | Self::Stdin { setting }
            | Self::Variable { setting, .. } => *setting,
        }
    }
}

/// An error of reading an input.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not read yet: the caller reads it when the value is used.
    #[error("not read yet")]
    Deferred,
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", redact::path(.path))]
    Os {
        /// The path, as it was opened.
        path: String,
        /// The message of the system, such as `no such file or directory`, or `it is a folder, not
        /// a file`.
        reason: String,
    },
    /// The file is larger than the caller reads.
    #[error("cannot read `{}`: it is larger than {} KiB", redact::path(.path), .limit / 1024)]
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
            Self::Deferred => "read it before the settings are checked".into(),
            Self::Os { .. } => "check the path and the permissions of the file".into(),
            Self::TooLarge { .. } => "name the settings file or the key, not a data file".into(),
            Self::Unset { name } if name == redact::WITHHELD => {
                "put the name of a variable here, not its value".into()
            }
            Self::Unset { name } => format!("set {name}, or name another variable").into(),
        }
    }

    /// Withholds names that may be secrets. The name of a passphrase file may be the passphrase
    /// itself. Returns what was found and what was expected if the name is a secret.
    pub(crate) fn without_secret(
        mut self,
        of_passphrase: bool,
    ) -> Result<Self, (&'static str, &'static str)> {
        match &mut self {
            Self::Deferred => {}
            Self::Os { path, .. } | Self::TooLarge { path, .. } => {
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

/// The maximum size of a settings file: 256 KiB.
pub(crate) const MAX_SETTINGS: usize = 256 * 1024;
