//! The results of a job.

use std::fs::File;
use std::io::{Read, Seek};

use orgtoken_rest::Org;
use orgtoken_rest::bulk::{Job, JobKind, JobRows, JobState};

use super::{Results, job_failure};
use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::counted;
use crate::login::resolved_login;
use crate::runtime::wait_for;

pub(super) fn run(args: &Results, console: &Console) -> Result<(), Failure> {
    if console.json() {
        let flag = if console.filters() { "`--jq`" } else { "`--json`" };
        let what = "the results of a job, which are CSV";
        return Err(UsageError::conflict(flag, what, "orgtoken bulk results").into());
    }
    let (org, _) = resolved_login::org(&args.which.caller, console)?;
    wait_for(async {
        let id = &args.which.id;
        let job = org.find_job(id).await?;
        check_state(&job)?;
        match (job.kind(), args.rows) {
            (JobKind::Query, Some(_)) => {
                let what = "the job of a query";
                Err(UsageError::conflict("`--rows`", what, "orgtoken bulk results").into())
            }
            (JobKind::Query, None) => print_query(&org, id, console).await,
            (JobKind::Ingest, rows) => {
                let rows = rows.map_or(JobRows::Successful, JobRows::from);
                let mut page = Page::new()?;
                org.write_job_rows(id, rows, page.empty()?).await?;
                page.print(console)
            }
        }
    })
}

/// Refuses a job without results.
fn check_state(job: &Job) -> Result<(), Failure> {
    if !job.state.has_ended() {
        let hint = format!("wait for it: `orgtoken bulk wait {}`", job.id);
        let what = format!("job {} has not ended: {}", job.id, job.state.name());
        return Err(Failure::new("api.job", Some(hint), what));
    }
    match job_failure(job) {
        Some(failure) if job.kind() == JobKind::Query && job.state != JobState::JobComplete => {
            Err(failure)
        }
        _ => Ok(()),
    }
}

/// Prints the results of a query.
async fn print_query(org: &Org, id: &str, console: &Console) -> Result<(), Failure> {
    let mut pages = org.query_pages(id, None);
    let (mut page, mut records) = (Page::new()?, 0);
    let incomplete = |failure: Failure, records| {
        let printed = counted(records, "record");
        failure.with_note(format!("the output is incomplete: it ends after {printed}"))
    };
    loop {
        match pages.next(page.empty()?).await {
            Ok(None) => return Ok(()),
            Ok(Some(written)) => {
                page.print(console)?;
                records += written.records;
            }
            Err(error) if records > 0 => return Err(incomplete(error.into(), records)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A page of results in a temporary file. It is complete before its first byte is printed.
struct Page(File);

impl Page {
    fn new() -> Result<Self, Failure> {
        tempfile::tempfile().map(Self).map_err(Failure::of_temporary_file)
    }

    /// Returns the file without its content.
    fn empty(&mut self) -> Result<&mut File, Failure> {
        self.0.set_len(0).and_then(|()| self.0.rewind()).map_err(Failure::of_temporary_file)?;
        Ok(&mut self.0)
    }

    fn print(&mut self, console: &Console) -> Result<(), Failure> {
        self.0.rewind().map_err(Failure::of_temporary_file)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.0.read(&mut buffer).map_err(Failure::of_temporary_file)? {
                0 => return Ok(()),
                read => console.data(&buffer[..read])?,
            }
        }
    }
}
