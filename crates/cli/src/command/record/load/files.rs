//! The files of a load: input, outputs and journal.

use std::env;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use orgtoken_rest::load::{
    CheckError, CheckedFile, EarlierLoad, Form, Journal, Output, Outputs, ReadOptions, RecordFile,
    Report, ResumeError,
};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::super::Rows;
use super::NOTHING_SENT;
use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Fault, InputError, Kind, is_stdin, take_stdin};
use crate::io::text::{argument, sh_quoted, shown};
use crate::runtime::RuntimeError;
use crate::runtime::interrupts::Interrupts;

/// The source of the rows.
pub(super) enum Source {
    /// A file.
    File(PathBuf),
    /// A pipe. Its content is in a temporary file, which is kept if the load can be resumed.
    Spooled(NamedTempFile),
}

/// Opens the file of `--from`. For a named pipe this waits for the writer.
pub(super) fn open(from: &Path) -> Result<File, InputError> {
    let os = |error| InputError::os(Kind::Body, from, error);
    let input =
        if is_stdin(from) { take_stdin(Kind::Body)? } else { File::open(from).map_err(os)? };
    if input.metadata().map_err(os)?.is_dir() {
        return Err(InputError::new(Kind::Body, from, Fault::NotAFile("a folder")));
    }
    Ok(input)
}

impl Source {
    /// Detects the format of the input. A pipe is read to its end first, since every row is checked
    /// before one is sent.
    pub(super) async fn read(
        rows: &Rows,
        input: File,
        interrupts: &mut Interrupts,
    ) -> Result<(Self, RecordFile), Failure> {
        let from = &rows.from[0];
        let mut options = ReadOptions::default();
        options.form = rows.format.map(Into::into);
        options.delimiter = rows.delimiter;
        options.encoding = rows.encoding.map(Into::into).unwrap_or_default();
        let metadata = input.metadata().map_err(CheckError::Io)?;
        if metadata.is_file() && !is_stdin(from) && !is_handed_on(from) {
            return Ok((Self::File(from.into()), RecordFile::from_file(input, options)?));
        }
        let file = tempfile::Builder::new().prefix("orgtoken-").suffix(".rows").tempfile();
        let file = file.map_err(CheckError::Spool)?;
        let copy = file.reopen().map_err(CheckError::Spool)?;
        // A silent pipe blocks this thread, but not the handling of signals.
        let (sender, spooled) = oneshot::channel();
        let spool = move || drop(sender.send(RecordFile::spool(input, copy, options)));
        thread::Builder::new().spawn(spool).map_err(RuntimeError)?;
        let lost = |_| CheckError::Spool(io::ErrorKind::Other.into());
        let spooled = async { spooled.await.map_err(lost)? };
        Ok((Self::Spooled(file), interrupts.run(spooled, NOTHING_SENT).await?))
    }

    /// The path of the file that is read.
    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Spooled(file) => file.path(),
        }
    }

    /// Keeps the temporary file for a later `--resume`.
    pub(super) fn keep(self) {
        if let Self::Spooled(file) = self {
            // The file stays at its path; only its removal is cancelled.
            let _ = file.keep();
        }
    }

    /// Returns the output files. A named file is replaced by a new load, and appended to by a
    /// resumed one.
    pub(super) fn outputs(&self, rows: &Rows, form: Form) -> Outputs {
        let named = |path: &Option<PathBuf>| {
            let path = path.clone()?;
            Some(if rows.resume { Output::Append(path) } else { Output::Replace(path) })
        };
        let input = match self {
            Self::File(path) => Some(path.as_path()),
            Self::Spooled(_) => None,
        };
        let mut outputs = Outputs::beside(input, form, clock::now());
        outputs.success = named(&rows.success);
        outputs.failed = named(&rows.failed).or(outputs.failed);
        outputs
    }

    /// Opens the journal to resume from, or creates a new one.
    pub(super) fn journal(
        &self,
        checked: &CheckedFile,
        rows: &Rows,
        console: &Console,
    ) -> Result<Journal, ResumeError> {
        let path = rows.journal.clone().unwrap_or_else(|| Journal::beside(self.path()));
        if rows.resume {
            return Journal::open(&path);
        }
        let (journal, earlier) = Journal::begin(&path, checked, clock::now())?;
        if let Some(EarlierLoad { settled, journal, .. }) = earlier {
            console.warn(&format_args!(
                "an earlier load sent its rows up to {settled} and was not resumed; its journal is now `{}`",
                shown(&journal)
            ));
        }
        Ok(journal)
    }

    /// Whether a second run of the same command finds the journal. That of a pipe is next to a
    /// temporary file, unless it is named.
    pub(super) fn finds_journal(&self, rows: &Rows) -> bool {
        matches!(self, Self::File(_)) || rows.journal.is_some()
    }

    /// Returns the command that resumes the load, without arguments that must not be shown.
    pub(super) fn resume_command(&self, report: &Report) -> Option<String> {
        report.journal.as_ref()?;
        let mut command = "orgtoken".to_owned();
        let mut is_from = false;
        let path = self.path().to_string_lossy();
        for word in env::args_os().skip(1) {
            let word = match (&*word.to_string_lossy(), is_from) {
                ("--resume", _) => continue,
                (_, true) => path.to_string(),
                (word, _) if word.starts_with("--from=") => format!("--from={path}"),
                (word, _) => word.to_owned(),
            };
            is_from = word == "--from";
            command = format!("{command} {}", sh_quoted(&argument(&word)));
        }
        Some(format!("{command} --resume"))
    }
}

/// Whether the path is that of an open descriptor, such as `/dev/stdin`. It may be a file, but no
/// other file can be created next to it.
fn is_handed_on(path: &Path) -> bool {
    path == "/dev/stdin" || ["/dev/fd", "/proc"].iter().any(|folder| path.starts_with(folder))
}
