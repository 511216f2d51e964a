//! Loads by jobs of Bulk API 2.0.

use std::time::Duration;

use orgtoken_rest::bulk::JobState;
use orgtoken_rest::load::{BulkLoad, BulkStep, LoadError, PendingJob};
use tokio::time::timeout;

use super::print::Printer;
use super::{FileLoad, STOPPED};
use crate::failure::Failure;
use crate::io::text::printable;
use crate::runtime::interrupts::{Interrupts, interrupted};

impl FileLoad<'_> {
    pub(super) async fn send_by_jobs(
        &self,
        load: &mut BulkLoad<'_>,
        printer: &mut Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let (mut progress, rows) = (self.console.progress(), printer.checked.rows());
        let mut is_aborted = false;
        loop {
            match interrupts.wait(load.next()).await {
                None if is_aborted => return Err(interrupted(STOPPED)),
                None => {
                    self.stop(load, interrupts).await?;
                    is_aborted = true;
                }
                // The outcomes of its rows were reported.
                Some(Err(LoadError::Job { state: JobState::Aborted, .. })) if is_aborted => {
                    return Err(interrupted("the job was aborted"));
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(None)) => return Ok(()),
                Some(Ok(Some(BulkStep::Closed(PendingJob { id, first, last, .. })))) => {
                    let said = format!("job {}: rows {first} to {last}", printable(&id));
                    self.console.remark(&said);
                }
                Some(Ok(Some(BulkStep::Progress(job)))) => {
                    let processed = job.number_records_processed.unwrap_or_default();
                    progress.count(load.settled() + processed, rows);
                }
                Some(Ok(Some(BulkStep::Rows(results)))) => printer.results(results)?,
                Some(Ok(Some(_))) => progress.count(load.settled(), rows),
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
            return Err(interrupted(STOPPED));
        };
        if !interrupts.aborts(&job, self.common.rows.abort_on_interrupt).await? {
            return Err(interrupted("the load was stopped; its job continues"));
        }
        interrupts.run(load.abort(), STOPPED).await
    }
}

const GRACE: Duration = Duration::from_secs(10);
