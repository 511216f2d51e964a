//! The results of a job.

use orgtoken_rest::bulk::{Job, JobKind, JobRows, JobState};

use super::download::{Output, Page, of_page};
use super::{Results, find, job_failure};
use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::interrupts::{Interrupts, Waited, interrupted};
use crate::runtime::wait_for;

pub(super) fn run(args: &Results, console: &Console) -> Result<(), Failure> {
    args.check(console)?;
    // A file that cannot be written is reported before a login.
    let output = match (&args.locator, &args.out) {
        (Some(locator), _) => Output::Stdout { bom: false, locator: Some(locator) },
        (None, Some(path)) if args.resume => Output::resume(path, &args.which.id)?,
        (None, out) => Output::begin(out.as_deref(), args.bom, console)?,
    };
    let (org, _) = resolved_login::org(&args.which.caller, console)?;
    wait_for(async {
        let mut interrupts = Interrupts::listen();
        let id = &args.which.id;
        let job = match interrupts.wait(find(&org, id)).await {
            Waited::Done(job) => job?,
            Waited::Interrupted => return Err(interrupted("nothing was downloaded")),
        };
        check_state(&job)?;
        if job.kind() == JobKind::Query {
            if args.rows.is_some() {
                return Err(args.conflict("`--rows`", "the job of a query").into());
            }
            return output.write(&org, &job, console, &mut interrupts).await;
        }
        if let Some(flag) = args.flag_of_queries() {
            return Err(args.conflict(flag, "a job that changes records").into());
        }
        let rows = args.rows.map_or(JobRows::Successful, JobRows::from);
        let mut page = Page::new()?;
        match interrupts.wait(org.write_job_rows(id, rows, page.empty()?)).await {
            Waited::Done(written) => written.map_err(of_page)?,
            Waited::Interrupted => return Err(interrupted("nothing was downloaded")),
        };
        page.print(b"", console)
    })
}

impl Results {
    /// Refuses arguments that exclude each other. This is not left to clap: with a conflict of
    /// `--locator` and `--out`, `--resume` would no longer require `--out`.
    fn check(&self, console: &Console) -> Result<(), UsageError> {
        if console.json() {
            let flag = if console.filters() { "`--jq`" } else { "`--json`" };
            return Err(self.conflict(flag, "the results of a job, which are CSV"));
        }
        if self.resume && self.bom {
            return Err(self.conflict("`--bom`", "`--resume`"));
        }
        if self.locator.is_some() {
            let other = self.out.is_some().then_some("`--out`");
            if let Some(other) = other.or_else(|| self.bom.then_some("`--bom`")) {
                return Err(self.conflict("`--locator`", other));
            }
        }
        Ok(())
    }

    /// Returns a flag that only the job of a query has, if one is given.
    fn flag_of_queries(&self) -> Option<&'static str> {
        let flags = [
            (self.out.is_some(), "`--out`"),
            (self.locator.is_some(), "`--locator`"),
            (self.bom, "`--bom`"),
        ];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }

    fn conflict(&self, argument: &str, with: &str) -> UsageError {
        UsageError::conflict(argument, with, "orgtoken bulk results")
    }
}

/// Refuses a job without results.
fn check_state(job: &Job) -> Result<(), Failure> {
    if !job.state.has_ended() {
        let id = printable(&job.id);
        let hint = format!("wait for it: `orgtoken bulk wait {id}`");
        let what = format!("job {id} has not ended: {}", job.state.name());
        return Err(Failure::new("api.job", Some(hint), what));
    }
    match job_failure(job) {
        Some(failure) if job.kind() == JobKind::Query && job.state != JobState::JobComplete => {
            Err(failure)
        }
        _ => Ok(()),
    }
}
