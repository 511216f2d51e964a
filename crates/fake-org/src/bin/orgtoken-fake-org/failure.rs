use std::error::Error;
use std::io::{self, Write};
use std::iter::successors;
use std::path::Path;

use orgtoken_fake_org::StartError;

/// The reasons why the program stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot {verb} `{path}`")]
    File { verb: &'static str, path: String, source: Box<dyn Error> },
    #[error("`{path}` exists: name a new file, or remove this one")]
    KeyExists { path: String },
    #[error("cannot start the org")]
    Start(#[from] StartError),
    #[error("cannot write to standard output")]
    Stdout(#[from] io::Error),
}

impl Failure {
    pub(crate) fn file(verb: &'static str, path: &Path, source: impl Error + 'static) -> Self {
        Self::File { verb, path: path.display().to_string(), source: Box::new(source) }
    }

    pub(crate) fn key_exists(path: &Path) -> Self {
        Self::KeyExists { path: path.display().to_string() }
    }

    /// Writes the error with its causes.
    pub(crate) fn report(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "error: {self}")?;
        for cause in successors(self.source(), |&cause| cause.source()) {
            write!(out, ": {cause}")?;
        }
        writeln!(out)
    }
}
