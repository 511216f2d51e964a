use std::io;
use std::path::{Path, PathBuf};

use super::check::{CheckedFile, Operation};
use super::columns::Columns;
use super::output::{Output, OutputFile, Outputs, Style};
use super::read::{Row, Rows};
use super::record::Prepared;
use super::report::{Counts, Outcome, Reasons, Report, RowResult};
use super::resume::Journal;
use crate::{Org, SaveResult};

mod bulk;
mod call;
mod error;
mod finish;

pub use bulk::{BulkLoad, BulkPlan, BulkStep};
pub use error::LoadError;

/// A load of a checked file. It sends up to 200 rows in each call.
pub struct Load<'a> {
    org: &'a Org,
    checked: &'a CheckedFile,
    rows: Rows,
    columns: Columns,
    /// The number of rows in a call.
    batch_size: usize,
    /// The rows of the next call, or of the call in flight.
    batch: Vec<(Row, Prepared)>,
    in_flight: bool,
    settled: u64,
    counts: Counts,
    reasons: Reasons,
    unknown: Vec<(u64, u64)>,
    unreported: Vec<RowResult>,
    unwritten: Vec<(PathBuf, io::Error)>,
    journal: Option<Journal>,
    style: Style,
    success: Option<OutputFile>,
    failed: Option<OutputFile>,
    unknown_rows: Option<OutputFile>,
    unprocessed: Option<OutputFile>,
    not_sent: Option<Output>,
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
        mut journal: Option<Journal>,
        bulk: Option<&str>,
    ) -> Result<Self, LoadError> {
        let is_new = journal.as_ref().is_some_and(Journal::is_new);
        let opened = Self::open(org, checked, outputs, journal.as_mut(), bulk);
        let mut load = opened.inspect_err(|_| {
            // Nothing was sent: there is nothing to resume.
            if let Some(journal) = journal.take_if(|_| is_new) {
                let _ = journal.remove();
            }
        })?;
        load.journal = journal;
        load.continue_from_journal()?;
        Ok(load)
    }

    /// Opens the outputs and writes the head of a new journal.
    fn open(
        org: &'a Org,
        checked: &'a CheckedFile,
        mut outputs: Outputs,
        journal: Option<&mut Journal>,
        bulk: Option<&str>,
    ) -> Result<Self, LoadError> {
        // One file lists the unknown rows of all runs, unless the user has moved it.
        let unknown = journal.as_ref().and_then(|journal| journal.state.unknown_file.clone());
        if let (Some(Output::Fresh(_)), Some(path)) = (&outputs.unknown, unknown)
            && path.is_file()
        {
            outputs.unknown = Some(Output::Append(path));
        }
        check_paths(checked, &outputs, journal.as_deref())?;
        let rows = checked.file.rows()?;
        let columns = checked.plan.columns(rows.header());
        let style = Style::of(&checked.file, rows.header().clone());
        if let Some(journal) = journal {
            journal.bind(checked, bulk)?;
            journal.cut_files()?;
        }
        let open = |output: Option<Output>, own| {
            let path = output.as_ref().map(|output| output.path().to_owned());
            OutputFile::new(output, own, &style)
                .map_err(|source| LoadError::output(path.as_deref(), source))
        };
        Ok(Self {
            org,
            checked,
            rows,
            columns,
            batch_size: checked.operation().max_rows(),
            batch: Vec::new(),
            in_flight: false,
            settled: 0,
            counts: Counts::default(),
            reasons: Reasons::default(),
            unknown: Vec::new(),
            unreported: Vec::new(),
            unwritten: Vec::new(),
            journal: None,
            success: open(outputs.success, OutputFile::SUCCESS)?,
            failed: open(outputs.failed, OutputFile::FAILED)?,
            unknown_rows: open(outputs.unknown, OutputFile::ROW)?,
            unprocessed: open(outputs.unprocessed, OutputFile::ROW)?,
            not_sent: outputs.not_sent,
            pending: 0,
            style,
        })
    }

    /// Sets the number of rows in a call, from 1 to [`Operation::max_rows`], which is the default.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows.clamp(1, self.checked.operation().max_rows());
        self
    }

    /// The number of settled rows: their outcome is known, or listed as unknown.
    pub fn settled(&self) -> u64 {
        self.settled
    }

    /// Sends the next rows and returns their outcomes; `None` after the last row.
    ///
    /// If this future is dropped before it is ready, the outcome of its rows is unknown, and only
    /// [`finish`](Self::finish) may follow. After an error of a call that certainly changed
    /// nothing, `next` sends the same rows again.
    pub async fn next(&mut self) -> Result<Option<Vec<RowResult>>, LoadError> {
        if self.in_flight {
            return Ok(None);
        }
        if self.batch.is_empty() {
            self.fill()?;
        }
        let Some((last, _)) = self.batch.last() else { return Ok(None) };
        let last = last.number;
        if let Err(error) = self.note(|journal| journal.state.sending = Some(last)) {
            self.forget_sending();
            return Err(error);
        }
        self.in_flight = true;
        match self.call().await {
            Ok(saved) => self.settle(saved).map(Some),
            Err(error) => {
                if error.changed_nothing() {
                    self.in_flight = false;
                    self.note(|journal| journal.state.sending = None)?;
                }
                Err(LoadError::Call(Box::new(error)))
            }
        }
    }

    /// Ends the load, after the last row or earlier, and reports the outcome of every row.
    ///
    /// Rows of unknown outcome and rows that were not sent are written to their files. The journal
    /// is removed if every row was sent.
    pub fn finish(mut self) -> Report {
        let mut listed = true;
        if self.in_flight {
            listed = self.list_unknown();
        }
        let left = self.checked.rows - self.settled - self.pending;
        (self.counts.not_sent, self.counts.pending) = (left, self.pending);
        let not_sent_file = if left > 0 { self.write_not_sent() } else { None };
        let is_done = left == 0 && self.pending == 0 && listed;
        let noted = self.journal.as_ref().and_then(|journal| journal.state.unknown_file.clone());
        let earlier_unknown = noted.filter(|file| file.is_file());
        let journal = self.close_journal(is_done, not_sent_file.as_deref());
        let used = |file: &Option<OutputFile>| {
            file.as_ref().filter(|file| file.used).map(|file| file.path().to_owned())
        };
        Report {
            rows: self.checked.rows,
            counts: self.counts,
            success_file: used(&self.success),
            failed_file: used(&self.failed),
            unknown_file: used(&self.unknown_rows).or(earlier_unknown),
            unprocessed_file: used(&self.unprocessed),
            not_sent_file,
            job: None,
            unmatched: 0,
            journal,
            reasons: self.reasons.into_list(),
            unknown: self.unknown,
            unreported: self.unreported,
            unwritten: self.unwritten,
        }
    }

    fn continue_from_journal(&mut self) -> Result<(), LoadError> {
        let Some(state) = self.journal.as_ref().map(|journal| journal.state.clone()) else {
            return Ok(());
        };
        (self.counts, self.unknown) = (state.counts, state.unknown);
        while self.settled < state.settled {
            self.row()?;
            self.settled += 1;
        }
        if let Some(file) = &state.not_sent_file {
            // The rows in it are sent now.
            let _ = std::fs::remove_file(file);
        }
        if let Some(last) = state.sending {
            for _ in state.settled..last {
                let row = self.row()?;
                self.batch.push(row);
            }
            if !self.list_unknown() {
                let (path, source) = self.unwritten.pop().expect("it could not be written");
                return Err(LoadError::Output { path, source });
            }
        }
        let not_sent_file = None;
        self.note(|journal| journal.state.not_sent_file = not_sent_file)?;
        Ok(())
    }

    /// Reads the rows of the next call.
    fn fill(&mut self) -> Result<(), LoadError> {
        let mut length = 0;
        // With all-or-none, two calls instead of one would be two transactions.
        let max_length = if self.org.record_options.all_or_none { usize::MAX } else { MAX_CALL };
        while self.batch.len() < self.batch_size
            && length < max_length
            && self.settled + (self.batch.len() as u64) < self.checked.rows
        {
            let row = self.row()?;
            length += row.1.fields.len();
            self.batch.push(row);
        }
        if self.checked.file.is_unchanged()? { Ok(()) } else { Err(LoadError::Changed) }
    }

    /// Reads and prepares a row. A row that was valid is still valid unless the file has changed.
    fn row(&mut self) -> Result<(Row, Prepared), LoadError> {
        let row = self.rows.next()?.ok_or(LoadError::Changed)?;
        let prepared = self.checked.plan.prepare(&mut self.columns, &row);
        prepared.map(|prepared| (row, prepared)).map_err(|_| LoadError::Changed)
    }

    /// Counts and writes the outcomes of the rows in flight.
    fn settle(&mut self, saved: Vec<SaveResult>) -> Result<Vec<RowResult>, LoadError> {
        let batch = std::mem::take(&mut self.batch);
        self.in_flight = false;
        let mut results = Vec::with_capacity(batch.len());
        for ((row, prepared), saved) in batch.iter().zip(saved) {
            let outcome = self.outcome(&saved);
            let id = saved.id.filter(|id| !id.is_empty()).or_else(|| prepared.id.clone());
            let result = RowResult { row: row.number, id, outcome };
            self.counts.add(&result.outcome);
            self.reasons.add(&result);
            self.settled = row.number;
            results.push(result);
        }
        let written = self.write_results(&batch, &results);
        let (settled, counts) = (self.settled, self.counts);
        let noted = self.note(|journal| {
            let state = &mut journal.state;
            (state.settled, state.sending, state.counts) = (settled, None, counts);
        });
        match written.and(noted) {
            Ok(()) => Ok(results),
            Err(error) => {
                self.unreported = results;
                Err(error)
            }
        }
    }

    fn outcome(&self, saved: &SaveResult) -> Outcome {
        if !saved.is_success() {
            return Outcome::Failed(saved.problems.clone());
        }
        match (&self.checked.plan.operation, saved.created) {
            (Operation::Create, _) => Outcome::Created,
            (Operation::Upsert(_) | Operation::UpdateBy(_), Some(true)) => Outcome::Created,
            (Operation::Update | Operation::UpdateBy(_), _) => Outcome::Updated,
            (Operation::Upsert(_), Some(false)) => Outcome::Updated,
            (Operation::Upsert(_), None) => Outcome::Upserted,
            (Operation::Delete | Operation::DeleteBy(_), _) => Outcome::Deleted,
        }
    }

    fn write_results(
        &mut self,
        batch: &[(Row, Prepared)],
        results: &[RowResult],
    ) -> Result<(), LoadError> {
        let rows = || batch.iter().map(|(row, _)| row).zip(results);
        let done = rows().filter(|(_, result)| result.outcome.is_done());
        let done = done.map(|(row, result)| {
            let id = result.id.clone().unwrap_or_default();
            (row, vec![row.number.to_string(), id, result.outcome.name().to_owned()])
        });
        write(&mut self.success, done)?;
        let failed = rows().filter_map(|(row, result)| {
            Some((row, vec![row.number.to_string(), result.outcome.reason()?]))
        });
        write(&mut self.failed, failed)?;
        let of = |outcome: Outcome| {
            let own = rows().filter(move |(_, result)| result.outcome == outcome);
            own.map(|(row, _)| (row, vec![row.number.to_string()]))
        };
        write(&mut self.unknown_rows, of(Outcome::Unknown))?;
        write(&mut self.unprocessed, of(Outcome::Unprocessed))
    }

    fn note(&mut self, change: impl FnOnce(&mut Journal)) -> Result<(), LoadError> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        change(journal);
        if let Some(file) = self.unknown_rows.as_ref().filter(|file| file.used) {
            journal.state.unknown_file = std::path::absolute(file.path()).ok();
        }
        let path = journal.path().to_owned();
        journal.write().map_err(|source| LoadError::Output { path, source })
    }

    /// Removes the rows in flight from the journal after it could not be written: nothing was sent.
    fn forget_sending(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.state.sending = None;
        }
    }

    fn keep(&mut self, error: LoadError) {
        if let LoadError::Output { path, source } = error {
            self.unwritten.push((path, source));
        }
    }
}

/// Refuses an output or a journal that would overwrite the input or another output.
fn check_paths(
    checked: &CheckedFile,
    outputs: &Outputs,
    journal: Option<&Journal>,
) -> Result<(), LoadError> {
    let Outputs { success, failed, not_sent, unknown, unprocessed } = outputs;
    let outputs = [success, failed, not_sent, unknown, unprocessed];
    let outputs = outputs.into_iter().flatten().map(Output::path);
    let paths: Vec<_> = outputs.chain(journal.map(Journal::path)).collect();
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
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = || parent.unwrap_or_else(|| Path::new(".")).canonicalize();
    let canonical = path
        .canonicalize()
        .or_else(|_| Ok::<_, io::Error>(parent()?.join(path.file_name().unwrap_or_default())));
    canonical.unwrap_or_else(|_| path.into())
}

fn write<'r>(
    file: &mut Option<OutputFile>,
    rows: impl Iterator<Item = (&'r Row, Vec<String>)>,
) -> Result<(), LoadError> {
    let Some(file) = file else { return Ok(()) };
    let written = file.write(rows).and_then(|()| file.sync());
    written.map_err(|source| LoadError::output(Some(file.path()), source))
}

/// The length of a body after which no row is added. One call may have 50 MB.
const MAX_CALL: usize = 8 << 20;
