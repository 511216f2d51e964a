use std::io;
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::sleep;
use tracing::info;

use self::outcomes::Outcomes;
use self::part::{Hash, Part, Reader};
use super::{Load, LoadError, Prepared, Row};
use crate::bulk::{Job, JobKind, JobState, JobWait};
use crate::load::check::CheckedFile;
use crate::load::output::{OutputFile, Outputs};
use crate::load::report::{Outcome, PendingJob, Report, RowResult};
use crate::load::resume::{JobRecord, Journal};
use crate::{ApiError, Org, RestError};

mod outcomes;
mod part;
mod plan;
mod problem;

pub use plan::BulkPlan;

/// A load of a checked file by jobs of [Bulk API 2.0](crate::bulk).
///
/// It keeps the promises of [`Load`]. Rows are in a job until Salesforce reports their outcomes; no
/// row is in two jobs that may be processed. A job that was created and not closed is never
/// processed, so its rows count as not sent.
///
/// Results are matched with rows by a hash of their values, since Salesforce guarantees no order.
/// Rows with the same values are interchangeable. A row in none of the results is unknown.
///
/// Of the [`RecordOptions`](crate::RecordOptions) of the org, jobs have the assignment rule
/// ([`Org::check_job_options`]). Each row succeeds or fails on its own.
///
/// One job at a time is in progress. Its data and its results are in temporary files, and some 60
/// bytes per row in memory.
pub struct BulkLoad<'a> {
    load: Load<'a>,
    plan: &'a BulkPlan,
    /// The reader of the rows that were not sent yet.
    reader: Option<Reader>,
    /// The number of rows that were read to settle them.
    read: u64,
    stage: Stage,
    /// The attempts of the step in progress.
    attempts: u32,
    unmatched: u64,
    /// Whether the job was aborted before it was closed, so that no row of it was processed.
    aborted_open: bool,
}

/// A step of a load by the Bulk API.
#[derive(Debug)]
#[non_exhaustive]
pub enum BulkStep {
    /// A job was created for these rows.
    Created(PendingJob),
    /// The data of the job was sent.
    Uploaded(PendingJob),
    /// Salesforce begins to process the job.
    Closed(PendingJob),
    /// Salesforce reports on the job.
    Progress(Job),
    /// The outcomes of rows, in the order of the file.
    Rows(Vec<RowResult>),
}

enum Stage {
    /// There is no job.
    Idle,
    /// A job of an earlier run that was not closed.
    Left { id: String },
    /// The data of the next job is in a file.
    Ready(Part),
    /// The job waits for its data.
    Created { part: Part, id: String, is_sent: bool },
    /// The job has its data.
    Uploaded { job: PendingJob, hashes: Vec<Hash> },
    /// The job is in progress. The hashes of an earlier run are read again.
    Waiting { job: PendingJob, hashes: Option<Vec<Hash>>, wait: Box<JobWait> },
    /// The job has ended, and its results are in files.
    Ended { job: PendingJob, outcomes: Outcomes, failure: Option<LoadError> },
    /// The last job was not completed.
    Over(LoadError),
}

impl<'a> BulkLoad<'a> {
    /// Starts a load. With a journal from [`Journal::open`] it continues with the job and the row
    /// in the journal.
    pub fn begin(
        org: &'a Org,
        checked: &'a CheckedFile,
        plan: &'a BulkPlan,
        outputs: Outputs,
        journal: Option<Journal>,
    ) -> Result<Self, LoadError> {
        org.check_job_options(checked.object())?;
        let operation = Some(plan.operation().name());
        let mut load = Load::begin_as(org, checked, outputs, journal, operation)?;
        let files = load.lengths()?;
        load.note(|journal| journal.state.files = files)?;
        let job = load.journal.as_ref().and_then(|journal| journal.state.job.clone());
        let stage = match job {
            None => Stage::Idle,
            Some(JobRecord { job, is_complete: false }) => Stage::Left { id: job.id },
            Some(JobRecord { job, .. }) => {
                let wait = Box::new(org.wait_for_job(JobKind::Ingest, &job.id));
                Stage::Waiting { job, hashes: None, wait }
            }
        };
        let (read, unmatched) = (load.settled, 0);
        Ok(Self {
            load,
            plan,
            reader: None,
            read,
            stage,
            attempts: 0,
            unmatched,
            aborted_open: false,
        })
    }

    /// The number of settled rows: their outcome is known, or listed as unknown.
    pub fn settled(&self) -> u64 {
        self.load.settled
    }

    /// The job in progress, if Salesforce may process it.
    pub fn job(&self) -> Option<&PendingJob> {
        match &self.stage {
            Stage::Uploaded { job, .. } | Stage::Waiting { job, .. } | Stage::Ended { job, .. } => {
                Some(job)
            }
            _ => None,
        }
    }

    /// Makes the next step and returns it; `None` after the last row.
    ///
    /// The future can be dropped at any time, and `next` called again. A job that fails or is
    /// aborted is an error once the outcomes of its rows are returned. After an error of a file,
    /// only [`finish`](Self::finish) may follow.
    pub async fn next(&mut self) -> Result<Option<BulkStep>, LoadError> {
        loop {
            match &self.stage {
                Stage::Idle if self.load.settled == self.load.checked.rows => return Ok(None),
                Stage::Idle => self.stage = Stage::Ready(self.part()?),
                Stage::Left { .. } => self.abandon().await?,
                Stage::Ready(_) => return self.create().await.map(Some),
                Stage::Created { is_sent: true, .. } => self.abandon().await?,
                Stage::Created { .. } => {
                    if let Some(job) = self.upload().await? {
                        return Ok(Some(BulkStep::Uploaded(job)));
                    }
                }
                Stage::Uploaded { .. } => return self.close().await.map(Some),
                Stage::Waiting { .. } => {
                    if let Some(job) = self.poll().await? {
                        return Ok(Some(BulkStep::Progress(job)));
                    }
                }
                // Rows were read, and their outcomes could not be written.
                Stage::Ended { .. } if self.read > self.load.settled => return Ok(None),
                Stage::Ended { .. } => return self.settle().map(BulkStep::Rows).map(Some),
                Stage::Over(_) => match mem::replace(&mut self.stage, Stage::Idle) {
                    Stage::Over(error) => return Err(error),
                    _ => unreachable!("it is over"),
                },
            }
        }
    }

    /// Aborts the job in progress. [`next`](Self::next) returns the outcomes of its rows, and then
    /// an error. A job without data is aborted as well.
    pub async fn abort(&mut self) -> Result<(), RestError> {
        let org = self.load.org;
        match &mut self.stage {
            Stage::Created { id, .. } | Stage::Left { id } => {
                org.abort_job(JobKind::Ingest, id).await.map(drop)
            }
            Stage::Uploaded { job, hashes } => {
                self.aborted_open = abort(org, job).await?;
                let wait = Box::new(org.wait_for_job(JobKind::Ingest, &job.id));
                let (job, hashes) = (job.clone(), Some(mem::take(hashes)));
                self.stage = Stage::Waiting { job, hashes, wait };
                Ok(())
            }
            Stage::Waiting { job, hashes, wait } => {
                // A job of an earlier run may be open.
                self.aborted_open = match hashes {
                    None => abort(org, job).await?,
                    Some(_) => org.abort_job(JobKind::Ingest, &job.id).await.map(|_| false)?,
                };
                **wait = org.wait_for_job(JobKind::Ingest, &job.id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Ends the load, after the last row or earlier, and reports the outcome of every row. A job in
    /// progress continues; a resumed load reports its outcomes.
    pub fn finish(mut self) -> Report {
        let job = self.job().cloned();
        if let Some(job) = &job {
            self.load.pending = job.last - self.load.settled;
            while self.read < job.last && matches!(self.load.rows.next(), Ok(Some(_))) {
                self.read += 1;
            }
            // The next rows would be some of the job, and in the file they would be sent again.
            if self.read < job.last
                && job.last < self.load.checked.rows
                && let Some(output) = self.load.not_sent.take()
            {
                let error = io::Error::other("the record file cannot be read");
                self.load.unwritten.push((output.path().to_owned(), error));
            }
        }
        let mut report = self.load.finish();
        (report.job, report.unmatched) = (job, self.unmatched);
        report
    }

    /// Reads the rows of the next job.
    fn part(&mut self) -> Result<Part, LoadError> {
        let checked = self.load.checked;
        if !checked.file.is_unchanged()? {
            return Err(LoadError::Changed);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(Reader::after(checked, self.load.settled)?),
        };
        Part::read(checked, self.plan, reader)
    }

    async fn create(&mut self) -> Result<BulkStep, LoadError> {
        let (org, object) = (self.load.org, self.load.checked.object());
        let job = loop {
            // Without a response there may be an open job, which is never processed.
            match org.create_job(object, self.plan.operation()).await {
                Ok(job) => break job,
                Err(error) => self.retry(error).await?,
            }
        };
        let Stage::Ready(part) = &self.stage else { unreachable!("the data is ready") };
        let job = PendingJob { id: job.id, first: part.first, last: part.last() };
        self.note_job(Some(&job), false)?;
        let Stage::Ready(part) = mem::replace(&mut self.stage, Stage::Idle) else {
            unreachable!("the data is ready")
        };
        self.stage = Stage::Created { part, id: job.id.clone(), is_sent: false };
        Ok(BulkStep::Created(job))
    }

    /// Sends the data of the job. Returns `None` if it needs another job.
    async fn upload(&mut self) -> Result<Option<PendingJob>, LoadError> {
        let org = self.load.org;
        let Stage::Created { part, id, is_sent } = &mut self.stage else {
            unreachable!("the job waits for its data")
        };
        *is_sent = true;
        if let Err(error) = org.upload_job_data(id, &part.data).await {
            // A job takes data once, so the next attempt needs another job.
            self.abandon().await?;
            return self.retry(error).await.map(|()| None);
        }
        self.attempts = 0;
        let job = PendingJob { id: id.clone(), first: part.first, last: part.last() };
        self.note_job(Some(&job), true)?;
        let Stage::Created { part, .. } = mem::replace(&mut self.stage, Stage::Idle) else {
            unreachable!("the job waits for its data")
        };
        self.stage = Stage::Uploaded { job: job.clone(), hashes: part.hashes };
        Ok(Some(job))
    }

    /// Aborts a job that was not closed. If this fails, it stays open until Salesforce deletes it.
    async fn abandon(&mut self) -> Result<(), LoadError> {
        if let Err(error) = self.abort().await {
            info!("cannot abort a job without data: {error}");
        }
        self.note_job(None, false)?;
        self.stage = match mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Created { part, .. } => Stage::Ready(part),
            _ => Stage::Idle,
        };
        Ok(())
    }

    async fn close(&mut self) -> Result<BulkStep, LoadError> {
        let org = self.load.org;
        let Stage::Uploaded { job, .. } = &self.stage else { unreachable!("it has its data") };
        let job = job.clone();
        self.close_job(&job.id).await?;
        let wait = Box::new(org.wait_for_job(JobKind::Ingest, &job.id));
        let Stage::Uploaded { hashes, .. } = mem::replace(&mut self.stage, Stage::Idle) else {
            unreachable!("it has its data")
        };
        self.stage = Stage::Waiting { job: job.clone(), hashes: Some(hashes), wait };
        Ok(BulkStep::Closed(job))
    }

    /// Closes a job. After a lost response, its state shows whether it was closed.
    async fn close_job(&mut self, id: &str) -> Result<(), LoadError> {
        let org = self.load.org;
        loop {
            let Err(error) = org.close_job(id).await else { break };
            if org.job(JobKind::Ingest, id).await?.state != JobState::Open {
                break;
            }
            self.retry(error).await?;
        }
        self.attempts = 0;
        Ok(())
    }

    /// Polls the job. Returns `None` if it was deleted.
    async fn poll(&mut self) -> Result<Option<Job>, LoadError> {
        let org = self.load.org;
        let Stage::Waiting { job, hashes, wait } = &mut self.stage else {
            unreachable!("the job is in progress")
        };
        let (pending, rows) = (job.clone(), job.last + 1 - job.first);
        let job = match wait.next().await {
            Ok(job) => job,
            Err(error) if is_gone(&error) => {
                let outcomes = Outcomes::unknown(pending.first, rows);
                self.stage = Stage::Ended { job: pending, outcomes, failure: None };
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if job.state == JobState::Open {
            // An earlier run ended before it closed the job.
            self.close_job(&pending.id).await?;
            return Ok(Some(job));
        }
        if !job.state.has_ended() {
            return Ok(Some(job));
        }
        // Salesforce deletes the data of a job that was not closed, and may not return its rows.
        let is_untouched = mem::take(&mut self.aborted_open)
            && (job.state, job.number_records_processed) == (JobState::Aborted, Some(0));
        if hashes.is_none() && !is_untouched {
            *hashes = Some(Part::hashes(self.load.checked, self.plan, pending.first, rows)?);
        }
        let hashes = hashes.as_deref().unwrap_or_default();
        let outcomes = match is_untouched {
            true => Outcomes::unprocessed(pending.first, rows),
            false => Outcomes::download(org, &job, self.plan, pending.first, hashes).await?,
        };
        self.unmatched += outcomes.unmatched;
        let failure = (job.state != JobState::JobComplete).then(|| LoadError::Job {
            id: job.id.clone(),
            state: job.state,
            message: job.error_message.clone(),
        });
        self.stage = Stage::Ended { job: pending, outcomes, failure };
        Ok(Some(job))
    }

    /// Writes the outcomes of the next rows. Until the journal has them, they count as not written.
    fn settle(&mut self) -> Result<Vec<RowResult>, LoadError> {
        let Stage::Ended { job, outcomes, .. } = &self.stage else {
            unreachable!("the job has ended")
        };
        let last = job.last;
        let (mut rows, mut length) = (Vec::new(), 0);
        while rows.len() < MAX_ROWS && length < MAX_LENGTH && self.read < last {
            let row = self.load.row()?;
            self.read += 1;
            length += row.1.fields.len();
            rows.push(row);
        }
        let mut results = Vec::with_capacity(rows.len());
        for (row, prepared) in &rows {
            let (id, outcome) = outcomes.of(row.number, &self.load.checked.plan.operation)?;
            let id = id.or_else(|| prepared.id.clone());
            results.push(RowResult { row: row.number, id, outcome });
        }
        self.load.write_settled(&rows, &results, self.read == last)?;
        if self.read == last {
            self.stage = match mem::replace(&mut self.stage, Stage::Idle) {
                Stage::Ended { failure: Some(error), .. } => Stage::Over(error),
                _ => Stage::Idle,
            };
        }
        Ok(results)
    }

    /// Waits for the next attempt of a step, or returns the error after the last one.
    async fn retry(&mut self, error: RestError) -> Result<(), LoadError> {
        self.attempts += 1;
        let wait = self.load.org.backoff.wait(self.attempts, &Method::GET, &error);
        let Some(wait) = wait else {
            self.attempts = 0;
            return Err(error.into());
        };
        info!("trying again in {wait:?}: {error}");
        sleep(wait.max(Duration::from_millis(1))).await;
        Ok(())
    }

    fn note_job(&mut self, job: Option<&PendingJob>, is_complete: bool) -> Result<(), LoadError> {
        let job = job.cloned().map(|job| JobRecord { job, is_complete });
        self.load.note(|journal| journal.state.job = job)
    }
}

impl Load<'_> {
    /// Writes outcomes to their files and to the journal. A file is in the journal before its first
    /// row is written, so that a resumed load finds and cuts it.
    fn write_settled(
        &mut self,
        batch: &[(Row, Prepared)],
        results: &[RowResult],
        ends_job: bool,
    ) -> Result<(), LoadError> {
        let has = |found: fn(&RowResult) -> bool| results.iter().any(found);
        let mut is_new = false;
        for (file, is_needed) in [
            (&mut self.success, has(|result| result.outcome.is_done())),
            (&mut self.failed, has(|result| result.outcome.reason().is_some())),
            (&mut self.unknown_rows, has(|result| result.outcome == Outcome::Unknown)),
            (&mut self.unprocessed, has(|result| result.outcome == Outcome::Unprocessed)),
        ] {
            if let Some(file) = file.as_mut().filter(|_| is_needed) {
                let path = file.path().to_owned();
                is_new |= file.create_now().map_err(|it| LoadError::output(Some(&path), it))?;
            }
        }
        if is_new {
            let files = self.lengths()?;
            self.note(|journal| journal.state.files = files)?;
        }
        self.write_results(batch, results)?;
        let mut counts = self.counts;
        results.iter().for_each(|result| counts.add(&result.outcome));
        let settled = results.last().map_or(self.settled, |result| result.row);
        let files = self.lengths()?;
        self.note(|journal| {
            let state = &mut journal.state;
            (state.settled, state.counts, state.files) = (settled, counts, files);
            if ends_job {
                state.job = None;
            }
        })?;
        (self.settled, self.counts) = (settled, counts);
        results.iter().for_each(|result| self.reasons.add(result));
        Ok(())
    }

    /// The lengths of the files of outcomes. Those of earlier runs are complete.
    fn lengths(&mut self) -> Result<Vec<(PathBuf, u64)>, LoadError> {
        let mut files = Vec::new();
        let own = [&mut self.success, &mut self.failed, &mut self.unknown_rows];
        for file in own.into_iter().chain([&mut self.unprocessed]).flatten() {
            let path = file.path().to_owned();
            let length = OutputFile::length(file);
            let length = length.map_err(|source| LoadError::output(Some(&path), source))?;
            files.extend(length);
        }
        Ok(files)
    }
}

/// Aborts a job. Returns whether it was still open, so that Salesforce had not begun to process it.
async fn abort(org: &Org, job: &PendingJob) -> Result<bool, RestError> {
    let was_open = org.job(JobKind::Ingest, &job.id).await?.state == JobState::Open;
    org.abort_job(JobKind::Ingest, &job.id).await?;
    Ok(was_open)
}

/// Whether the job was deleted. Other servers have 404s as well, and so has an org that has moved:
/// the results of the job may still be there.
fn is_gone(error: &RestError) -> bool {
    let gone = [StatusCode::NOT_FOUND, StatusCode::GONE];
    let says_so = |error: &ApiError| {
        gone.contains(&error.status()) && error.problems().iter().any(|it| !it.code.is_empty())
    };
    !error.is_moved() && error.api_error().is_some_and(says_so)
}

/// The number of rows whose outcomes are written at once. Each time, the files are synced.
const MAX_ROWS: usize = 5_000;

/// The length of the rows after which no row is added.
const MAX_LENGTH: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::is_gone;
    use crate::error::api::tests::{failed, failed_with};

    #[test]
    fn job_is_gone_only_if_salesforce_says_so() {
        for (name, error, expected) in [
            ("a deleted job", failed(404, "NOT_FOUND", "does not exist"), true),
            ("a moved org", failed(404, "URL_NOT_RESET", ""), false),
            ("a page", failed_with(404, [("content-type", Some("text/html"))]), false),
            ("an empty response", failed_with(404, []), false),
            ("a denied job", failed(403, "INSUFFICIENT_ACCESS", ""), false),
        ] {
            assert_eq!(is_gone(&error), expected, "{name}");
        }
    }
}
