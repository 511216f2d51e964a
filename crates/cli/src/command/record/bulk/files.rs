//! The files of a load: what it reads, and what it leaves.

use std::env;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use orgtoken_assertion::UnixTime;
use orgtoken_rest::load::{
    Journal, Output, Outputs, ReadError, ReadOptions, RecordFile, Report, ResumeError,
};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::super::Rows;
use super::print;
use super::signals::{Interrupts, Waited};
use crate::clock;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{InputError, Kind, is_stdin, take_stdin};
use crate::runtime::RuntimeError;
use crate::text::{argument, sh_quoted, shown};

/// Where the rows come from.
pub(super) enum Source {
    /// A file.
    File(PathBuf),
    /// A pipe: what came from it is in a temporary file, which stays if the load can be resumed.
    Spooled(NamedTempFile),
}

/// Opens what `--from` names. It may have to wait for the other end of a pipe.
pub(super) fn open(from: &Path) -> Result<File, InputError> {
    let os = |error| InputError::os(Kind::Body, from, error);
    let input =
        if is_stdin(from) { take_stdin(Kind::Body)? } else { File::open(from).map_err(os)? };
    if input.metadata().map_err(os)?.is_dir() {
        return Err(InputError::NotAFile { kind: Kind::Body, path: from.into(), is: "a folder" });
    }
    Ok(input)
}

impl Source {
    /// Finds out what the input is. A pipe is read to its end first: every row is checked before
    /// one is sent.
    pub(super) async fn read(
        from: &Path,
        input: File,
        options: ReadOptions,
        interrupts: &mut Interrupts,
    ) -> Result<(Self, RecordFile), Failure> {
        let metadata = input.metadata().map_err(ReadError::Io)?;
        if metadata.is_file() && !is_stdin(from) && !is_handed_on(from) {
            return Ok((Self::File(from.into()), RecordFile::from_file(input, options)?));
        }
        let file = tempfile::Builder::new().prefix("orgtoken-").suffix(".rows").tempfile();
        let file = file.map_err(ReadError::Spool)?;
        let copy = file.reopen().map_err(ReadError::Spool)?;
        // A pipe that is silent blocks a thread, not this one.
        let (sender, spooled) = oneshot::channel();
        let spool = move || drop(sender.send(RecordFile::spool(input, copy, options)));
        thread::Builder::new().spawn(spool).map_err(RuntimeError)?;
        match interrupts.wait(spooled).await {
            Waited::Done(Ok(spooled)) => Ok((Self::Spooled(file), spooled?)),
            Waited::Done(Err(_)) => Err(ReadError::Spool(io::ErrorKind::Other.into()).into()),
            Waited::Interrupted => Err(print::interrupted("nothing was sent")),
        }
    }

    /// The file that is read.
    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Spooled(file) => file.path(),
        }
    }

    /// Leaves the file for a load that resumes this one.
    pub(super) fn keep(self) {
        if let Self::Spooled(file) = self {
            // It is already where it stays: all that is given up is its removal.
            let _ = file.keep();
        }
    }
}

/// The files that a load writes.
pub(super) struct Files<'a> {
    rows: &'a Rows,
    journal: PathBuf,
    /// `accounts.` for `accounts.csv`; nothing for standard input.
    stem: PathBuf,
    ending: &'static str,
    /// When it began: `20261128-224500`.
    stamp: String,
}

impl<'a> Files<'a> {
    pub(super) fn of(source: &Source, rows: &'a Rows, ending: &'static str) -> Self {
        let beside = |path: &Path, ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let journal = rows.journal.clone().unwrap_or_else(|| beside(source.path(), ".journal"));
        let stem = match source {
            Source::File(path) => beside(&path.with_extension(""), "."),
            Source::Spooled(_) => PathBuf::new(),
        };
        let stamp = stamp(clock::now()).unwrap_or_default();
        Self { rows, journal, stem, ending, stamp }
    }

    /// `accounts.failed-20261128-224500.csv`
    fn fresh(&self, what: &str) -> Output {
        let mut name = self.stem.clone().into_os_string();
        name.push(format!("{what}-{}.{}", self.stamp, self.ending));
        Output::Fresh(name.into())
    }

    /// A file that was named is replaced by a new load, and continued by one that is resumed.
    pub(super) fn outputs(&self) -> Outputs {
        let named = |path: &Option<PathBuf>| {
            let path = path.clone()?;
            Some(if self.rows.resume { Output::Append(path) } else { Output::Replace(path) })
        };
        let mut outputs = Outputs::default();
        outputs.success = named(&self.rows.success);
        outputs.failed = named(&self.rows.failed).or_else(|| Some(self.fresh("failed")));
        outputs.unknown = Some(self.fresh("unknown"));
        outputs.not_sent = Some(self.fresh("not-sent"));
        outputs
    }

    /// The journal to continue with, or a new one. One that an earlier load left does not stop a
    /// new load: it is moved aside.
    pub(super) fn journal(&self, console: &Console) -> Result<Journal, ResumeError> {
        if self.rows.resume {
            return Journal::open(&self.journal);
        }
        match Journal::create(&self.journal) {
            Err(ResumeError::Exists(..)) => {}
            result => return result,
        }
        let old = Journal::open(&self.journal)?;
        if old.settled() == 0 {
            old.remove()?;
        } else {
            let aside = self.journal.with_extension(format!("{}.journal", self.stamp));
            console.warn(&format_args!(
                "an earlier load ended after row {} and was not resumed; its journal is now `{}`",
                old.settled(),
                shown(&aside)
            ));
            old.set_aside(&aside)?;
        }
        Journal::create(&self.journal)
    }

    /// The command that continues the load, without the arguments that may not be shown.
    pub(super) fn resume_command(&self, source: &Source, report: &Report) -> Option<String> {
        report.journal.as_ref()?;
        let mut command = "orgtoken".to_owned();
        let mut is_from = false;
        for word in env::args_os().skip(1) {
            let word = word.to_string_lossy();
            let path = source.path().to_string_lossy();
            let word = match (&*word, is_from) {
                ("--resume", _) => continue,
                (_, true) => path.into_owned(),
                (word, _) if word.starts_with("--from=") => format!("--from={path}"),
                (word, _) => word.to_owned(),
            };
            is_from = word == "--from";
            command = format!("{command} {}", sh_quoted(&argument(&word)));
        }
        Some(format!("{command} --resume"))
    }
}

/// `/dev/stdin` and `/dev/fd/3` may be files, but nothing can be written beside them.
fn is_handed_on(path: &Path) -> bool {
    path == "/dev/stdin" || ["/dev/fd", "/proc"].iter().any(|folder| path.starts_with(folder))
}

fn stamp(now: UnixTime) -> Option<String> {
    let seconds = i64::try_from(now.as_secs()).ok()?;
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y%m%d-%H%M%S").to_string())
}
