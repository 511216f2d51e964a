use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use orgtoken_assertion::Diagnostic;

use crate::RestError;
use crate::load::{ReadError, ResumeError, shown};

/// Why a load ends before the last row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A call failed as a whole.
    #[error(transparent)]
    Call(Box<RestError>),
    /// Somebody wrote to the file after it was checked.
    #[error("the record file was changed while it was being sent")]
    Changed,
    /// A file of outcomes, or the journal, cannot be written.
    #[error("cannot write `{}`", shown(path))]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read any more.
    #[error("cannot read the record file")]
    Read(#[from] io::Error),
    /// The journal does not fit.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// An output or the journal would overwrite the input or another one.
    #[error("`{}` is named for two things", shown(path))]
    SameFile {
        /// The file.
        path: PathBuf,
    },
}

impl Diagnostic for LoadError {
    fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Changed => "io.changed",
            Self::Output { .. } => "io.write",
            Self::Read(_) => "io.read",
            Self::Resume(error) => error.code(),
            Self::SameFile { .. } => "usage.conflict",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Call(error) => error.hint(),
            Self::Changed => Some("find out what writes to the file while it is sent".into()),
            Self::Output { .. } => Some("check that there is room, and that you may write".into()),
            Self::Read(_) => Some("check who may read the file".into()),
            Self::Resume(error) => error.hint(),
            Self::SameFile { .. } => Some("name another file".into()),
        }
    }
}

impl LoadError {
    pub(super) fn output(path: Option<&Path>, source: io::Error) -> Self {
        Self::Output { path: path.map(Path::to_owned).unwrap_or_default(), source }
    }
}

impl From<ReadError> for LoadError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Fault(_) => Self::Changed,
            ReadError::Io(error) | ReadError::Spool(error) => Self::Read(error),
        }
    }
}
