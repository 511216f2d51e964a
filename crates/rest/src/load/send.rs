use std::io;
use std::path::{Path, PathBuf};

use self::reader::Reader;
use super::check::CheckedFile;
use super::output::{FileKind, Output, OutputFiles, Outputs, Style};
use super::read::Row;
use super::record::Prepared;
use super::report::{Outcome, Reasons, Report, RowResult};
use super::resume::{Journal, State};
use crate::files::folder;
use crate::{Org, SaveResult};

mod bulk;
mod call;
mod error;
mod finish;
mod reader;

pub use bulk::{BulkLoad, BulkPlan, BulkStep};
pub use error::LoadError;

/// A load of a checked file. It sends up to 200 rows in each call.
pub struct Load<'a> {
    org: &'a Org,
    checked: &'a CheckedFile,
    reader: Reader<'a>,
    /// The number of rows in a call.
    batch_size: usize,
    /// The rows of the next call, or of the call in flight.
    batch: Vec<(Row, Prepared)>,
    /// The journal, with the progress of the load.
    journal: Journal,
    files: OutputFiles,
    reasons: Reasons,
    unreported: Vec<RowResult>,
    unwritten: Vec<(PathBuf, io::Error)>,
    /// The number of rows of a job in progress, which follow the settled ones.
    pending: u64,
}

impl<'a> Load<'a> {
    /// Starts a load. With a journal from [`Journal::open`] it continues after the last row in the
    /// journal; rows that were in flight are listed as unknown.
    pub fn begin(
        org: &'a Org,
        checked: &'a CheckedFile,
        outputs: Outputs,
        journal: Option<Journal>,
    ) -> Result<Self, LoadError> {
        Self::begin_as(org, checked, outputs, journal, None)
    }

    /// `bulk` is the operation of its jobs, if it uses the Bulk API.
    fn begin_as(
        org: &'a Org,
        checked: &'a CheckedFile,
        outputs: Outputs,
        journal: Option<Journal>,
        bulk: Option<&str>,
    ) -> Result<Self, LoadError> {
        let mut journal = journal.unwrap_or_else(Journal::none);
        let is_new = journal.is_new();
        let (reader, files) = match open(checked, outputs, &mut journal, bulk) {
            Ok(opened) => opened,
            Err(error) => {
                if is_new {
                    // Nothing was sent: there is nothing to resume.
                    let _ = journal.remove();
                }
                return Err(error);
            }
        };
        let mut load = Self {
            org,
            checked,
            reader,
            batch_size: checked.operation().max_rows(),
            batch: Vec::new(),
            journal,
            files,
            reasons: Reasons::default(),
            unreported: Vec::new(),
            unwritten: Vec::new(),
            pending: 0,
        };
        load.continue_from_journal()?;
        Ok(load)
    }

    /// Sets the number of rows in a call, from 1 to [`Operation::max_rows`], which is the default.
    ///
    /// [`Operation::max_rows`]: super::Operation::max_rows
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows.clamp(1, self.checked.operation().max_rows());
        self
    }

    /// The number of settled rows: their outcome is known, or listed as unknown.
    pub fn settled(&self) -> u64 {
        self.journal.state.settled
    }

    /// Sends the next rows and returns their outcomes; `None` after the last row.
    ///
    /// If this future is dropped before it is ready, the outcome of its rows is unknown, and only
    /// [`finish`](Self::finish) may follow. After an error of a call that certainly changed
    /// nothing, `next` sends the same rows again.
    pub async fn next(&mut self) -> Result<Option<Vec<RowResult>>, LoadError> {
        if self.journal.state.sending.is_some() {
            return Ok(None);
        }
        if self.batch.is_empty() {
            self.fill()?;
        }
        let Some((last, _)) = self.batch.last() else { return Ok(None) };
        self.check_unchanged()?;
        self.journal.state.sending = Some(last.number);
        if let Err(error) = self.save() {
            // Nothing was sent.
            self.journal.state.sending = None;
            return Err(error);
        }
        match self.call().await {
            Ok(saved) => self.settle(saved).map(Some),
            Err(error) => {
                if error.changed_nothing() {
                    self.journal.state.sending = None;
                    self.save()?;
                }
                Err(LoadError::Call(Box::new(error)))
            }
        }
    }

    /// Ends the load, after the last row or earlier, and reports the outcome of every row.
    ///
    /// Rows of unknown outcome and rows that were not sent are written to their files. If every row
    /// was sent, [`Report::remove_journal`] removes the journal.
    pub fn finish(mut self) -> Report {
        let listed = self.list_unknown().map_err(|error| self.keep(error)).is_ok();
        let State { mut counts, mut settled, mut unknown, sending, unknown_file, .. } =
            self.journal.state.clone();
        if let Some(last) = sending {
            // Neither file nor journal lists them, so that a resumed load will.
            unknown.push((settled + 1, last));
            counts.unknown += last - settled;
            settled = last;
        }
        let sent = settled + self.pending;
        let left = self.checked.rows - sent;
        (counts.not_sent, counts.pending) = (left, self.pending);
        let not_sent_file = if left > 0 { self.write_not_sent(sent) } else { None };
        let is_done = left == 0 && self.pending == 0 && listed;
        let journal = if is_done { None } else { self.keep_journal(not_sent_file.as_deref()) };
        let used = |kind| self.files.used(kind);
        Report {
            rows: self.checked.rows,
            counts,
            success_file: used(FileKind::Done),
            failed_file: used(FileKind::Failed),
            unknown_file: used(FileKind::Unknown)
                .or_else(|| unknown_file.filter(|file| file.is_file())),
            unprocessed_file: used(FileKind::Unprocessed),
            job: None,
            unmatched: 0,
            journal,
            done: is_done.then_some(self.journal),
            not_sent_file,
            reasons: self.reasons.into_list(),
            unknown,
            unreported: self.unreported,
            unwritten: self.unwritten,
        }
    }

    fn continue_from_journal(&mut self) -> Result<(), LoadError> {
        let state = &mut self.journal.state;
        if let Some(file) = state.not_sent_file.take() {
            // The rows in it are sent now.
            let _ = std::fs::remove_file(file);
        }
        if let Some(last) = state.sending {
            while self.reader.number < last {
                self.batch.push(self.reader.next()?);
            }
            self.list_unknown()?;
        }
        self.save()
    }

    /// Reads the rows of the next call.
    fn fill(&mut self) -> Result<(), LoadError> {
        let mut length = 0;
        // With all-or-none, two calls instead of one would be two transactions.
        let max_length = if self.org.record_options.all_or_none { usize::MAX } else { MAX_CALL };
        while self.batch.len() < self.batch_size
            && length < max_length
            && self.reader.number < self.checked.rows
        {
            let row = self.reader.next()?;
            length += row.1.fields.len();
            self.batch.push(row);
        }
        Ok(())
    }

    /// Returns an error if the file was changed after it was checked. It is called after rows are
    /// read, and before they are used.
    fn check_unchanged(&self) -> Result<(), LoadError> {
        if self.checked.file.is_unchanged()? { Ok(()) } else { Err(LoadError::Changed) }
    }

    /// Counts and writes the outcomes of the rows in flight.
    fn settle(&mut self, saved: Vec<SaveResult>) -> Result<Vec<RowResult>, LoadError> {
        let batch = std::mem::take(&mut self.batch);
        let mut results = Vec::with_capacity(batch.len());
        for ((row, prepared), saved) in batch.iter().zip(saved) {
            let outcome = match saved.is_success() {
                true => self.checked.plan.operation.done(saved.created),
                false => Outcome::Failed(saved.problems),
            };
            let id = saved.id.filter(|id| !id.is_empty()).or_else(|| prepared.id.clone());
            results.push(RowResult { row: row.number, id, outcome });
        }
        let written = self.write(&batch, &results);
        let state = &mut self.journal.state;
        for result in &results {
            state.counts.add(&result.outcome);
            state.settled = result.row;
            self.reasons.add(result);
        }
        state.sending = None;
        // Even if a file lacks them, these rows are not in flight any more.
        let noted = self.save();
        match written.and(noted) {
            Ok(()) => Ok(results),
            Err(error) => {
                self.unreported = results;
                Err(error)
            }
        }
    }

    /// Writes outcomes to their files. A file is in the journal before its first row is written, so
    /// that a resumed load finds and cuts it.
    fn write(&mut self, rows: &[(Row, Prepared)], results: &[RowResult]) -> Result<(), LoadError> {
        if self.files.create_for(results)? {
            self.save()?;
        }
        self.files.write(rows, results)
    }

    /// Writes the state, with the lengths of the files, to the journal.
    fn save(&mut self) -> Result<(), LoadError> {
        if let Some(file) = self.files.used(FileKind::Unknown) {
            self.journal.state.unknown_file = std::path::absolute(file).ok();
        }
        self.journal.state.files = self.files.lengths()?;
        self.journal.write()
    }

    fn keep(&mut self, error: LoadError) {
        if let LoadError::Output { path, source } = error {
            self.unwritten.push((path, source));
        }
    }
}

/// Opens the file and the outputs, and writes the head of a new journal.
fn open<'a>(
    checked: &'a CheckedFile,
    mut outputs: Outputs,
    journal: &mut Journal,
    bulk: Option<&str>,
) -> Result<(Reader<'a>, OutputFiles), LoadError> {
    // One file lists the unknown rows of all runs, unless the user has moved it.
    if let (Some(Output::Fresh(_)), Some(path)) = (&outputs.unknown, &journal.state.unknown_file)
        && path.is_file()
    {
        outputs.unknown = Some(Output::Append(path.clone()));
    }
    check_paths(checked, &outputs, journal)?;
    let is_new = journal.is_new();
    if !is_new {
        journal.bind(checked, bulk)?;
        journal.cut_files()?;
    }
    let reader = Reader::after(checked, journal.state.settled)?;
    let style = Style::of(&checked.file, reader.rows.header().clone());
    let files = OutputFiles::open(outputs, style)?;
    if is_new {
        // A resumed load appends to these files, so the rows of earlier loads are gone by now.
        journal.bind(checked, bulk)?;
    }
    Ok((reader, files))
}

/// Refuses an output or a journal that would overwrite the input or another output.
fn check_paths(
    checked: &CheckedFile,
    outputs: &Outputs,
    journal: &Journal,
) -> Result<(), LoadError> {
    let Outputs { success, failed, not_sent, unknown, unprocessed } = outputs;
    let outputs = [success, failed, unknown, unprocessed];
    let outputs = outputs.into_iter().flatten().map(Output::path);
    let paths: Vec<_> = outputs.chain(not_sent.as_deref()).chain(journal.path()).collect();
    let canonical_paths: Vec<_> = paths.iter().map(|path| canonical(path)).collect();
    for (index, path) in paths.iter().enumerate() {
        if checked.file.is_at(path) || canonical_paths[..index].contains(&canonical_paths[index]) {
            return Err(LoadError::SameFile { path: path.into() });
        }
    }
    Ok(())
}

/// Returns the canonical path of a file that may not exist yet.
fn canonical(path: &Path) -> PathBuf {
    let new = || {
        Ok::<_, io::Error>(folder(path).canonicalize()?.join(path.file_name().unwrap_or_default()))
    };
    path.canonicalize().or_else(|_| new()).unwrap_or_else(|_| path.into())
}

/// The length of a body after which no row is added. One call may have 50 MB.
const MAX_CALL: usize = 8 << 20;
