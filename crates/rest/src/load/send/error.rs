use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use orgtoken_assertion::Diagnostic;

use crate::RestError;
use crate::bulk::{DownloadError, JobState};
use crate::files::shown;
use crate::load::{CheckError, ResumeError};

/// The error that ends a load before its last row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A call failed as a whole.
    #[error(transparent)]
    Call(Box<RestError>),
    /// The file was changed after it was checked.
    #[error("the record file has changed since it was checked")]
    Changed,
    /// A job of the Bulk API ended before all of its rows were processed.
    #[error("job {id} {}", ended(*state, message.as_deref()))]
    Job {
        /// The id of the job.
        id: String,
        /// `Failed` or `Aborted`.
        state: JobState,
        /// The reason, as reported by Salesforce.
        message: Option<String>,
    },
    /// A file of outcomes, or the journal, cannot be written.
    #[error("cannot write `{}`", shown(path))]
    Output {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file can no longer be read.
    #[error("cannot read the record file")]
    Read(#[from] io::Error),
    /// The journal cannot be used.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// An output or the journal would overwrite the input or another output.
    #[error("two files have the path `{}`", shown(path))]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// A temporary file, for the data or the results of a job, cannot be written.
    #[error("cannot write a temporary file")]
    Spool(#[source] io::Error),
}

fn ended(state: JobState, message: Option<&str>) -> String {
    match (state, message) {
        (JobState::Aborted, _) => "was aborted".to_owned(),
        (_, Some(message)) => format!("failed: {message}"),
        (_, None) => "failed".to_owned(),
    }
}

impl Diagnostic for LoadError {
    fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Changed => "io.changed",
            Self::Job { .. } => "api.job",
            Self::Output { .. } | Self::Spool(_) => "io.write",
            Self::Read(_) => "io.read",
            Self::Resume(error) => error.code(),
            Self::SameFile { .. } => "usage.conflict",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Call(error) => error.hint(),
            Self::Changed => Some("stop the program that writes to the file".into()),
            Self::Job { .. } => Some(
                "load the rows that were not processed again, after their cause is fixed".into(),
            ),
            Self::Spool(_) => Some("set TMPDIR to a folder with free space".into()),
            Self::Output { .. } => Some("check free space and permissions".into()),
            Self::Read(_) => Some("check the permissions of the file".into()),
            Self::Resume(error) => error.hint(),
            Self::SameFile { .. } => Some("name another file".into()),
        }
    }
}

/// Rows that were valid when they were checked are still valid, unless the file has changed.
impl From<CheckError> for LoadError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Describe(error) => Self::Call(error),
            CheckError::Faults { .. } => Self::Changed,
            CheckError::Io(error) | CheckError::Spool(error) => Self::Read(error),
        }
    }
}

impl From<DownloadError> for LoadError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Call(error) => Self::Call(Box::new(error)),
            DownloadError::Count { .. } | DownloadError::Cut => {
                Self::Call(Box::new(RestError::Unexpected))
            }
            DownloadError::Write(error) => Self::Spool(error),
        }
    }
}

impl From<RestError> for LoadError {
    fn from(error: RestError) -> Self {
        Self::Call(Box::new(error))
    }
}
