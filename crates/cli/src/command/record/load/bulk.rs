//! Loads by jobs of Bulk API 2.0.

use std::time::Duration;

use orgtoken_rest::Org;
use orgtoken_rest::bulk::JobState;
use orgtoken_rest::load::{BulkLoad, BulkPlan, BulkStep, CheckedFile, LoadError, PendingJob};
use tokio::time::timeout;

use super::files::Source;
use super::print::Printer;
use super::{FileLoad, report};
use crate::failure::Failure;
use crate::io::text::printable;
use crate::runtime::interrupts::{Interrupts, Waited, interrupted};

impl FileLoad<'_> {
    pub(super) async fn send_by_jobs(
        &self,
        org: &Org,
        checked: &CheckedFile,
        plan: &BulkPlan,
        source: Source,
        mut printer: Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let journal = self.journal(checked, &source)?;
        let outputs = source.outputs(&self.common.rows, checked.file().form());
        let mut load = BulkLoad::begin(org, checked, plan, outputs, journal)?;
        let ended = self.run_jobs(&mut load, checked.rows(), &mut printer, interrupts).await;
        report(&load.finish(), source, printer, ended)
    }

    async fn run_jobs(
        &self,
        load: &mut BulkLoad<'_>,
        rows: u64,
        printer: &mut Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let mut progress = self.console.progress();
        let mut is_aborted = false;
        loop {
            let step = match interrupts.wait(load.next()).await {
                Waited::Done(step) => step,
                Waited::Interrupted if is_aborted => {
                    return Err(interrupted("the load was stopped"));
                }
                Waited::Interrupted => {
                    interrupts.acknowledge();
                    self.stop(load, interrupts).await?;
                    is_aborted = true;
                    continue;
                }
            };
            match step {
                // The outcomes of its rows were reported.
                Err(LoadError::Job { state: JobState::Aborted, .. }) if is_aborted => {
                    return Err(interrupted("the job was aborted"));
                }
                Err(error) => return Err(error.into()),
                Ok(None) => return Ok(()),
                Ok(Some(BulkStep::Closed(PendingJob { id, first, last, .. }))) => {
                    let said = format!("job {}: rows {first} to {last}", printable(&id));
                    self.console.remark(&said);
                }
                Ok(Some(BulkStep::Progress(job))) => {
                    let processed = job.number_records_processed.unwrap_or_default();
                    progress.count(load.settled() + processed, rows);
                }
                Ok(Some(BulkStep::Rows(results))) => printer.results(results)?,
                Ok(Some(_)) => progress.count(load.settled(), rows),
            }
        }
    }

    /// Aborts the job in progress, if the user wants that. Otherwise the job continues, and the load
    /// ends.
    async fn stop(
        &self,
        load: &mut BulkLoad<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let Some(job) = load.job().map(|job| job.id.clone()) else {
            // A job without all of its data is of no use. If it cannot be aborted, it stays open.
            let _ = timeout(GRACE, load.abort()).await;
            return Err(interrupted("the load was stopped"));
        };
        if !self.common.bulk.abort_on_interrupt && !interrupts.ask_to_abort(&job).await? {
            return Err(interrupted("the load was stopped; its job continues"));
        }
        match interrupts.wait(load.abort()).await {
            Waited::Done(aborted) => Ok(aborted?),
            Waited::Interrupted => Err(interrupted("the load was stopped")),
        }
    }
}

const GRACE: Duration = Duration::from_secs(10);
