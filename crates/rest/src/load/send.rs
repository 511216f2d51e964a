use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::cell::quoted;
use super::check::{CheckedFile, Columns, Operation, Prepared};
use super::read::{ReadError, Row, Rows};
use super::report::{Counts, Outcome, Output, Outputs, Reasons, Report, RowResult, Sheet, Style};
use super::resume::{Journal, ResumeError};
use crate::path::segment;
use crate::{Org, RestError, Saved};

/// A checked file on its way to the org, up to 200 rows by each call.
pub struct Load<'a> {
    org: &'a Org,
    checked: &'a CheckedFile,
    rows: Rows,
    columns: Columns,
    /// Rows that are sent next, or that are in flight.
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
    success: Option<Sheet>,
    failed: Option<Sheet>,
    unknown_rows: Option<Sheet>,
    not_sent: Option<Output>,
}

impl<'a> Load<'a> {
    /// Prepares to send a file. With a journal from [`Journal::open`] it continues after the last
    /// row of which the journal knows; rows that were in flight then are listed as unknown.
    pub fn begin(
        org: &'a Org,
        checked: &'a CheckedFile,
        outputs: Outputs,
        mut journal: Option<Journal>,
    ) -> Result<Self, LoadError> {
        let named = [&outputs.success, &outputs.failed, &outputs.not_sent, &outputs.unknown];
        let named = named.into_iter().flatten().map(Output::path);
        let named: Vec<_> = named.chain(journal.as_ref().map(Journal::path)).collect();
        for (index, path) in named.iter().enumerate() {
            if checked.file.is_at(path) || named[..index].contains(path) {
                return Err(LoadError::SameFile { path: path.into() });
            }
        }
        if let Some(journal) = &mut journal {
            journal.bind(checked)?;
        }
        let rows = checked.file.rows()?;
        let columns = checked.plan.columns(rows.header());
        let style = Style::of(&checked.file, rows.header().clone());
        let sheet = |output: Option<Output>, own| {
            let path = output.as_ref().map(|output| output.path().to_owned());
            Sheet::new(output, own, &style)
                .map_err(|source| LoadError::output(path.as_deref(), source))
        };
        let success = sheet(outputs.success, Sheet::SUCCESS)?;
        let failed = sheet(outputs.failed, Sheet::FAILED)?;
        let unknown_rows = sheet(outputs.unknown, Sheet::ROW)?;
        let mut load = Self {
            org,
            checked,
            rows,
            columns,
            batch: Vec::new(),
            in_flight: false,
            settled: 0,
            counts: Counts::default(),
            reasons: Reasons::default(),
            unknown: Vec::new(),
            unreported: Vec::new(),
            unwritten: Vec::new(),
            journal,
            style,
            success,
            failed,
            unknown_rows,
            not_sent: outputs.not_sent,
        };
        load.continue_from_journal()?;
        Ok(load)
    }

    /// How many rows of the file are settled: their outcome is known, or listed as unknown.
    pub fn settled(&self) -> u64 {
        self.settled
    }

    /// Sends the next rows and returns their outcomes; `None` after the last row.
    ///
    /// If this future is dropped before it is ready, its rows are of unknown outcome, and there is
    /// nothing left but to [`finish`](Self::finish). After an error that left nothing in doubt,
    /// another call sends the same rows.
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
                if is_undone(&error) {
                    self.in_flight = false;
                    self.note(|journal| journal.state.sending = None)?;
                }
                Err(LoadError::Call(Box::new(error)))
            }
        }
    }

    /// Ends the load, after the last row or before, and reports what became of every row.
    ///
    /// Rows of unknown outcome and rows that were not sent are written to their files. The journal
    /// is removed if no row is left to be sent.
    pub fn finish(mut self) -> Report {
        let mut listed = true;
        if self.in_flight {
            listed = self.list_unknown();
        }
        let left = self.checked.rows - self.settled;
        self.counts.not_sent = left;
        let not_sent_file = if left > 0 { self.write_not_sent() } else { None };
        let journal = self.close_journal(left == 0 && listed, not_sent_file.as_deref());
        let used = |sheet: &Option<Sheet>| {
            sheet.as_ref().filter(|sheet| sheet.used).map(|sheet| sheet.path().to_owned())
        };
        Report {
            rows: self.checked.rows,
            counts: self.counts,
            success_file: used(&self.success),
            failed_file: used(&self.failed),
            unknown_file: used(&self.unknown_rows),
            not_sent_file,
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
            // These rows are sent now.
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

    /// Reads rows up to what one call takes.
    fn fill(&mut self) -> Result<(), LoadError> {
        let mut length = 0;
        while self.batch.len() < Org::MOST_RECORDS
            && length < LONGEST_CALL
            && self.settled + (self.batch.len() as u64) < self.checked.rows
        {
            let row = self.row()?;
            length += row.1.fields.len();
            self.batch.push(row);
        }
        if self.checked.file.is_unchanged()? { Ok(()) } else { Err(LoadError::Changed) }
    }

    /// A row that was valid when the file was checked still is, unless somebody wrote to the file.
    fn row(&mut self) -> Result<(Row, Prepared), LoadError> {
        let row = self.rows.next()?.ok_or(LoadError::Changed)?;
        let prepared = self.checked.plan.prepare(&mut self.columns, &row);
        prepared.map(|prepared| (row, prepared)).map_err(|_| LoadError::Changed)
    }

    async fn call(&self) -> Result<Vec<Saved>, RestError> {
        let object = self.checked.object();
        let collection = "composite/sobjects";
        let (method, path) = match &self.checked.plan.operation {
            Operation::Create => (Method::POST, collection.to_owned()),
            Operation::Update => (Method::PATCH, collection.to_owned()),
            Operation::Upsert(key) => (
                Method::PATCH,
                format!(
                    "{collection}/{}/{}",
                    segment("object", object)?,
                    segment("external id field", key)?
                ),
            ),
            Operation::Delete => {
                let ids = self.batch.iter().filter_map(|(_, prepared)| prepared.id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(",");
                (Method::DELETE, format!("{collection}?ids={ids}&allOrNone=false"))
            }
        };
        let body = if method == Method::DELETE { Bytes::new() } else { self.body(object) };
        let answer = self.org.request(method, &path, HeaderMap::new(), body).await?;
        let saved: Vec<Saved> =
            serde_json::from_slice(answer.body()).map_err(|error| RestError::answer(&error))?;
        // Without one outcome for each row nobody could tell which is whose.
        if saved.len() == self.batch.len() { Ok(saved) } else { Err(RestError::Unexpected) }
    }

    /// The values as they were written: every digit of a number is sent.
    fn body(&self, object: &str) -> Bytes {
        let mut body = r#"{"allOrNone":false,"records":["#.to_owned();
        for (index, (_, prepared)) in self.batch.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            body.extend([comma, r#"{"attributes":{"type":"#, &quoted(object), "},"]);
            body.extend([&prepared.fields, "}"]);
        }
        body.push_str("]}");
        body.into()
    }

    /// Counts and writes the outcomes of the rows in flight.
    fn settle(&mut self, saved: Vec<Saved>) -> Result<Vec<RowResult>, LoadError> {
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

    fn outcome(&self, saved: &Saved) -> Outcome {
        if !saved.is_success() {
            return Outcome::Failed(saved.problems.clone());
        }
        match (&self.checked.plan.operation, saved.created) {
            (Operation::Create, _) | (Operation::Upsert(_), Some(true)) => Outcome::Created,
            (Operation::Update, _) | (Operation::Upsert(_), Some(false)) => Outcome::Updated,
            (Operation::Upsert(_), None) => Outcome::Upserted,
            (Operation::Delete, _) => Outcome::Deleted,
        }
    }

    fn write_results(
        &mut self,
        batch: &[(Row, Prepared)],
        results: &[RowResult],
    ) -> Result<(), LoadError> {
        let rows = || batch.iter().map(|(row, _)| row).zip(results);
        let done = rows().filter(|(_, result)| !matches!(result.outcome, Outcome::Failed(_)));
        let done = done.map(|(row, result)| {
            let id = result.id.clone().unwrap_or_default();
            (row, vec![row.number.to_string(), id, result.outcome.name().to_owned()])
        });
        write(&mut self.success, done)?;
        let failed = rows().filter_map(|(row, result)| {
            Some((row, vec![row.number.to_string(), result.outcome.reason()?]))
        });
        write(&mut self.failed, failed)
    }

    /// Lists the rows in flight as unknown, so that they are never sent again; `false` if there is
    /// no file that says so, which keeps the journal.
    fn list_unknown(&mut self) -> bool {
        let batch = std::mem::take(&mut self.batch);
        self.in_flight = false;
        let (Some((first, _)), Some((last, _))) = (batch.first(), batch.last()) else {
            return true;
        };
        let range = (first.number, last.number);
        self.unknown.push(range);
        self.counts.unknown += batch.len() as u64;
        self.settled = range.1;
        let rows = batch.iter().map(|(row, _)| (row, vec![row.number.to_string()]));
        if let Err(error) = write(&mut self.unknown_rows, rows) {
            self.keep(error);
            return false;
        }
        let (settled, counts, unknown) = (self.settled, self.counts, self.unknown.clone());
        let noted = self.note(|journal| {
            let state = &mut journal.state;
            (state.settled, state.sending) = (settled, None);
            (state.counts, state.unknown) = (counts, unknown);
        });
        noted.map_err(|error| self.keep(error)).is_ok()
    }

    fn write_not_sent(&mut self) -> Option<PathBuf> {
        let output = self.not_sent.take()?;
        let path = output.path().to_owned();
        let mut sheet = match Sheet::new(Some(output), Sheet::ROW, &self.style) {
            Ok(sheet) => sheet?,
            Err(source) => {
                self.unwritten.push((path, source));
                return None;
            }
        };
        match self.write_rest(&mut sheet) {
            Ok(()) => Some(sheet.path().to_owned()),
            Err(error) => {
                // Half of the rows would look like all of them.
                sheet.discard();
                self.keep(error);
                None
            }
        }
    }

    fn write_rest(&mut self, sheet: &mut Sheet) -> Result<(), LoadError> {
        let mut some: Vec<Row> =
            std::mem::take(&mut self.batch).into_iter().map(|(row, _)| row).collect();
        loop {
            let rows = some.iter().map(|row| (row, vec![row.number.to_string()]));
            let written = sheet.write(rows);
            written.map_err(|source| LoadError::output(Some(sheet.path()), source))?;
            some.clear();
            while some.len() < Org::MOST_RECORDS
                && let Some(row) = self.rows.next()?
            {
                some.push(row);
            }
            if some.is_empty() {
                return Ok(());
            }
        }
    }

    /// Removes the journal of a load that has come to its end, or says where it is.
    fn close_journal(&mut self, is_done: bool, not_sent_file: Option<&Path>) -> Option<PathBuf> {
        let mut journal = self.journal.take()?;
        let path = journal.path().to_owned();
        if is_done {
            return journal.remove().err().map(|_| path);
        }
        journal.state.not_sent_file = not_sent_file.and_then(|file| std::path::absolute(file).ok());
        if let Err(source) = journal.write() {
            self.unwritten.push((path.clone(), source));
        }
        Some(path)
    }

    fn note(&mut self, change: impl FnOnce(&mut Journal)) -> Result<(), LoadError> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        change(journal);
        let path = journal.path().to_owned();
        journal.write().map_err(|source| LoadError::Output { path, source })
    }

    /// Nothing was sent: the journal must not say so once it can be written again.
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

fn write<'r>(
    sheet: &mut Option<Sheet>,
    rows: impl Iterator<Item = (&'r Row, Vec<String>)>,
) -> Result<(), LoadError> {
    let Some(sheet) = sheet else { return Ok(()) };
    let written = sheet.write(rows).and_then(|()| sheet.sync());
    written.map_err(|source| LoadError::output(Some(sheet.path()), source))
}

/// Whether a call that failed as a whole has surely changed nothing.
fn is_undone(error: &RestError) -> bool {
    match error {
        RestError::Failed(failure) => {
            !error.is_transient() && failure.status() != StatusCode::REQUEST_TIMEOUT
        }
        RestError::Path
        | RestError::Segment { .. }
        | RestError::Token(_)
        | RestError::TooMany { .. } => true,
        RestError::Transport(error) => error.is_unsent(),
        _ => false,
    }
}

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
    #[error("cannot write `{}`", path.display())]
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
    #[error("`{}` is named for two things", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
}

impl LoadError {
    /// A short name that stays the same.
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Changed => "io.changed",
            Self::Output { .. } => "io.write",
            Self::Read(_) => "io.read",
            Self::Resume(error) => error.code(),
            Self::SameFile { .. } => "usage.conflict",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Call(error) => error.hint(),
            Self::Changed => Some("find out what writes to the file while it is sent".into()),
            Self::Output { .. } => Some("check that there is room, and that you may write".into()),
            Self::Read(_) => Some("check who may read the file".into()),
            Self::Resume(error) => error.hint(),
            Self::SameFile { .. } => Some("name another file".into()),
        }
    }

    fn output(path: Option<&Path>, source: io::Error) -> Self {
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

/// Well below the 50 MB that one call takes.
const LONGEST_CALL: usize = 8 << 20;
