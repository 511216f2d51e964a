use std::mem;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::sleep;
use tracing::info;

use self::outcomes::{Outcomes, Slot};
use self::part::{Cells, Hash, Part};
use super::{Load, LoadError, Prepared, Row};
use crate::bulk::{Job, JobKind, JobState, JobWait};
use crate::load::check::CheckedFile;
use crate::load::output::Outputs;
use crate::load::report::{PendingJob, Report, RowResult};
use crate::load::resume::{JobRecord, Journal};
use crate::{ApiError, Org, RestError};

mod outcomes;
mod part;
mod plan;

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
    cells: Option<Cells<'a>>,
    /// The rows of the next job, or of the open one.
    part: Option<Part>,
    /// The id of a job that waits for its data.
    open: Option<String>,
    /// The job that has its data.
    job: Option<ActiveJob>,
    /// The reason why the last job was not completed.
    failure: Option<LoadError>,
    /// The attempts of the step in progress.
    attempts: u32,
    unmatched: u64,
}

/// A step of a load by the Bulk API.
#[derive(Debug)]
#[non_exhaustive]
pub enum BulkStep {
    /// The data of these rows was sent, and Salesforce begins to process the job.
    Closed(PendingJob),
    /// Salesforce reports on the job.
    Progress(Job),
    /// The outcomes of rows, in the order of the file.
    Rows(Vec<RowResult>),
}

/// A job that Salesforce may process.
struct ActiveJob {
    job: PendingJob,
    /// The hashes of its rows. Those of an earlier run are read again.
    hashes: Option<Vec<Hash>>,
    wait: JobWait,
    /// Whether it is certainly closed. An earlier run may have ended before it closed it.
    is_closed: bool,
    /// Whether it was aborted before it was closed, so that no row of it was processed.
    aborted_open: bool,
    /// The outcomes of its rows, after it has ended.
    outcomes: Option<Outcomes>,
}

impl ActiveJob {
    fn new(org: &Org, job: PendingJob, hashes: Option<Vec<Hash>>) -> Self {
        let wait = org.wait_for_job(JobKind::Ingest, &job.id);
        Self { job, hashes, wait, is_closed: false, aborted_open: false, outcomes: None }
    }
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
        let load = Load::begin_as(org, checked, outputs, journal, operation)?;
        let (open, job) = match load.journal.state.job.clone() {
            None => (None, None),
            Some(JobRecord { job, is_complete: false }) => (Some(job.id), None),
            Some(JobRecord { job, .. }) => (None, Some(ActiveJob::new(org, job, None))),
        };
        let (cells, part, failure) = (None, None, None);
        Ok(Self { load, plan, cells, part, open, job, failure, attempts: 0, unmatched: 0 })
    }

    /// The number of settled rows: their outcome is known, or listed as unknown.
    pub fn settled(&self) -> u64 {
        self.load.settled()
    }

    /// The job in progress, if Salesforce may process it.
    pub fn job(&self) -> Option<&PendingJob> {
        self.job.as_ref().map(|active| &active.job)
    }

    /// Makes the next step and returns it; `None` after the last row.
    ///
    /// The future can be dropped at any time, and `next` called again. A job that fails or is
    /// aborted is an error once the outcomes of its rows are returned. After an error of a file,
    /// only [`finish`](Self::finish) may follow.
    pub async fn next(&mut self) -> Result<Option<BulkStep>, LoadError> {
        loop {
            match &self.job {
                // Rows were read, and their outcomes could not be written.
                Some(_) if self.load.reader.number > self.settled() => return Ok(None),
                Some(ActiveJob { outcomes: Some(_), .. }) => {
                    return self.settle().map(BulkStep::Rows).map(Some);
                }
                Some(_) => {
                    if let Some(job) = self.poll().await? {
                        return Ok(Some(BulkStep::Progress(job)));
                    }
                }
                None => {
                    if let Some(error) = self.failure.take() {
                        return Err(error);
                    }
                    if self.settled() == self.load.checked.rows {
                        return Ok(None);
                    }
                    return self.send().await.map(BulkStep::Closed).map(Some);
                }
            }
        }
    }

    /// Aborts the job in progress. [`next`](Self::next) returns the outcomes of its rows, and then
    /// an error. A job without data is aborted as well.
    pub async fn abort(&mut self) -> Result<(), RestError> {
        let org = self.load.org;
        if let Some(id) = &self.open {
            return org.abort_job(JobKind::Ingest, id).await.map(drop);
        }
        let active = self.job.as_mut().filter(|active| active.outcomes.is_none());
        let Some(active) = active else { return Ok(()) };
        let id = &active.job.id;
        let was_open =
            !active.is_closed && org.job(JobKind::Ingest, id).await?.state == JobState::Open;
        org.abort_job(JobKind::Ingest, id).await?;
        (active.aborted_open, active.wait) = (was_open, org.wait_for_job(JobKind::Ingest, id));
        Ok(())
    }

    /// Ends the load, after the last row or earlier, and reports the outcome of every row. A job in
    /// progress continues; a resumed load reports its outcomes.
    pub fn finish(mut self) -> Report {
        let job = self.job().cloned();
        if let Some(job) = &job {
            self.load.pending = job.last - self.settled();
        }
        let mut report = self.load.finish();
        (report.job, report.unmatched) = (job, self.unmatched);
        report
    }

    /// Sends the next rows in a job of their own, and closes it.
    async fn send(&mut self) -> Result<PendingJob, LoadError> {
        let (org, object) = (self.load.org, self.load.checked.object());
        let job = loop {
            // A job takes data once, so an open one of an earlier attempt is of no use.
            self.abandon().await?;
            let part = match self.part.take() {
                Some(part) => part,
                None => self.read_part()?,
            };
            let part = self.part.insert(part);
            let (first, last, data) = (part.first, part.last(), part.data.clone());
            // Without a response there may be an open job, which is never processed.
            let id = match org.create_job(object, self.plan.operation()).await {
                Ok(job) => job.id,
                Err(error) => {
                    self.retry(error).await?;
                    continue;
                }
            };
            self.open = Some(id.clone());
            let job = PendingJob { id, first, last };
            self.note_job(Some(&job), false)?;
            match org.upload_job_data(&job.id, &data).await {
                Ok(()) => break job,
                Err(error) => {
                    self.abandon().await?;
                    self.retry(error).await?;
                }
            }
        };
        self.attempts = 0;
        self.note_job(Some(&job), true)?;
        self.open = None;
        let hashes = self.part.take().map(|part| part.hashes);
        self.job = Some(ActiveJob::new(org, job.clone(), hashes));
        self.close(&job.id).await?;
        Ok(job)
    }

    /// Reads the rows of the next job.
    fn read_part(&mut self) -> Result<Part, LoadError> {
        let mut cells = match self.cells.take() {
            Some(cells) => cells,
            None => Cells::after(self.load.checked, self.plan, self.settled())?,
        };
        // After an error, the next reader begins at the first of these rows again.
        let part = Part::read(&mut cells)?;
        self.load.check_unchanged()?;
        self.cells = Some(cells);
        Ok(part)
    }

    /// Aborts a job that was not closed. If this fails, it stays open until Salesforce deletes it.
    async fn abandon(&mut self) -> Result<(), LoadError> {
        let Some(id) = &self.open else { return Ok(()) };
        if let Err(error) = self.load.org.abort_job(JobKind::Ingest, id).await {
            info!("cannot abort a job without data: {error}");
        }
        self.note_job(None, false)?;
        self.open = None;
        Ok(())
    }

    /// Closes a job. After a lost response, its state shows whether it was closed.
    async fn close(&mut self, id: &str) -> Result<(), LoadError> {
        let org = self.load.org;
        loop {
            let Err(error) = org.close_job(id).await else { break };
            if org.job(JobKind::Ingest, id).await?.state != JobState::Open {
                break;
            }
            self.retry(error).await?;
        }
        self.attempts = 0;
        if let Some(active) = &mut self.job {
            active.is_closed = true;
        }
        Ok(())
    }

    /// Polls the job, and downloads its results when it has ended. Returns `None` if it was deleted.
    async fn poll(&mut self) -> Result<Option<Job>, LoadError> {
        let (org, checked) = (self.load.org, self.load.checked);
        let Some(active) = &mut self.job else { return Ok(None) };
        let PendingJob { id, first, last } = active.job.clone();
        let rows = last + 1 - first;
        let job = match active.wait.next().await {
            Ok(job) => job,
            Err(error) if is_gone(&error) => {
                active.outcomes = Some(Outcomes::all(Slot::Unknown, first, rows));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if job.state == JobState::Open {
            // The load, or an earlier run, was interrupted before it closed the job.
            self.close(&id).await?;
            return Ok(Some(job));
        }
        if !job.state.has_ended() {
            return Ok(Some(job));
        }
        // Salesforce deletes the data of a job that was not closed, and may not return its rows.
        let is_untouched = active.aborted_open
            && (job.state, job.number_records_processed) == (JobState::Aborted, Some(0));
        let outcomes = if is_untouched {
            Outcomes::all(Slot::Unprocessed, first, rows)
        } else {
            let hashes = match active.hashes.take() {
                Some(hashes) => hashes,
                None => Cells::after(checked, self.plan, first - 1)?.hashes(rows)?,
            };
            let hashes = active.hashes.insert(hashes);
            Outcomes::download(org, &job, self.plan, first, hashes).await?
        };
        self.unmatched += outcomes.unmatched;
        active.outcomes = Some(outcomes);
        self.failure = (job.state != JobState::JobComplete).then(|| LoadError::Job {
            id,
            state: job.state,
            message: job.error_message.clone(),
        });
        Ok(Some(job))
    }

    /// Writes the outcomes of the next rows. Until the journal has them, they count as not written.
    fn settle(&mut self) -> Result<Vec<RowResult>, LoadError> {
        let Some(ActiveJob { job, outcomes: Some(outcomes), .. }) = &self.job else {
            return Ok(Vec::new());
        };
        let load = &mut self.load;
        let (mut rows, mut results, mut length) = (Vec::new(), Vec::new(), 0);
        while rows.len() < MAX_ROWS && length < MAX_LENGTH && load.reader.number < job.last {
            let (row, prepared) = load.reader.next()?;
            let (id, outcome) = outcomes.of(row.number, load.checked.operation())?;
            let id = id.or_else(|| prepared.id.clone());
            results.push(RowResult { row: row.number, id, outcome });
            length += prepared.fields.len();
            rows.push((row, prepared));
        }
        // The files of outcomes would have other rows than those that were sent.
        load.check_unchanged()?;
        let is_last = load.reader.number == job.last;
        load.write_settled(&rows, &results, is_last)?;
        if is_last {
            self.job = None;
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
        let before = mem::replace(&mut self.load.journal.state.job, job);
        self.load.save().inspect_err(|_| self.load.journal.state.job = before)
    }
}

impl Load<'_> {
    /// Writes outcomes to their files and to the journal.
    fn write_settled(
        &mut self,
        rows: &[(Row, Prepared)],
        results: &[RowResult],
        ends_job: bool,
    ) -> Result<(), LoadError> {
        self.write(rows, results)?;
        let before = self.journal.state.clone();
        let state = &mut self.journal.state;
        for result in results {
            state.counts.add(&result.outcome);
            state.settled = result.row;
        }
        if ends_job {
            state.job = None;
        }
        if let Err(error) = self.save() {
            self.journal.state = before;
            return Err(error);
        }
        results.iter().for_each(|result| self.reasons.add(result));
        Ok(())
    }
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
