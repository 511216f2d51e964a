//! Jobs of Bulk API 2.0.

mod download;
mod results;
mod show;

use std::path::PathBuf;

use clap::Subcommand;
pub(super) use download::Output;
use orgtoken_rest::Org;
use orgtoken_rest::bulk::{Job, JobKind, JobRows};
pub(super) use show::check_completed;

use crate::args::Caller;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::{is_id, printable};
use crate::login::resolved_login;
use crate::runtime::wait_for;

/// List, follow and abort jobs of Bulk API 2.0
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the jobs of the org, the newest first
    ///
    /// Salesforce keeps jobs for seven days after their end.
    List(Box<Caller>),
    /// Show a job
    Status(Box<Which>),
    /// Wait until a job has ended, and show it
    ///
    /// The exit code is 9 if the job failed or was aborted, or if rows failed.
    Wait(Box<Which>),
    Results(Box<Results>),
    /// End a job; rows that were processed stay changed
    Abort(Box<Which>),
}

/// Print the results of a job as CSV
#[derive(Debug, clap::Args)]
pub(crate) struct Results {
    /// The rows of a job that changes records [default: successful]
    #[arg(long, value_name = "ROWS", value_enum)]
    rows: Option<Rows>,
    /// Write the records of a query to this file, once all are there
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Continue a download to the file of --out that ended early
    #[arg(long, requires = "out")]
    resume: bool,
    /// Print the records of a query from this place on, without the header
    #[arg(long, value_name = "LOCATOR")]
    locator: Option<String>,
    /// Begin the records of a query with a byte order mark, for Excel
    #[arg(long, conflicts_with_all = ["resume", "locator"])]
    bom: bool,
    #[command(flatten)]
    which: Which,
}

/// A job.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Id of the job
    #[arg(value_parser = id)]
    id: String,
    #[command(flatten)]
    caller: Caller,
}

/// The results of a job that changes records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rows {
    /// Rows that succeeded, with the ids of their records
    Successful,
    /// Rows that failed, with the reason
    Failed,
    /// Rows that the job has not processed
    Unprocessed,
}

impl From<Rows> for JobRows {
    fn from(rows: Rows) -> Self {
        match rows {
            Rows::Successful => Self::Successful,
            Rows::Failed => Self::Failed,
            Rows::Unprocessed => Self::Unprocessed,
        }
    }
}

fn id(text: &str) -> Result<String, &'static str> {
    if is_id(text) { Ok(text.into()) } else { Err("expected the id of a job: 15 or 18 characters") }
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::List(caller) => list(caller, console),
        Command::Status(which) => {
            show::job(&with_job(which, console, async |_, job| Ok(job))?, console)
        }
        Command::Wait(which) => wait(which, console),
        Command::Results(args) => results::run(args, console),
        Command::Abort(which) => {
            let abort = async |org: &Org, job: Job| {
                let aborted = org.abort_job(job.kind(), &job.id).await;
                aborted.map_err(|error| Failure::from(error).of_change())
            };
            let job = with_job(which, console, abort)?;
            show::job(&job, console).map_err(|failure| failure.with_note("the job was aborted"))
        }
    }
}

fn list(caller: &Caller, console: &Console) -> Result<(), Failure> {
    let (org, _) = resolved_login::org(caller, console)?;
    let mut jobs: Vec<Job> = Vec::new();
    wait_for(async {
        for kind in [JobKind::Ingest, JobKind::Query] {
            jobs.extend(org.jobs(kind).await?);
        }
        Ok::<_, Failure>(())
    })?;
    // Times of one format and zone.
    jobs.sort_by(|one, other| (&other.created_date, &other.id).cmp(&(&one.created_date, &one.id)));
    show::list(&jobs, console)
}

fn wait(which: &Which, console: &Console) -> Result<(), Failure> {
    let wait = async |org: &Org, job| until_ended(org, job, console).await;
    let job = with_job(which, console, wait)?;
    let shown = show::job(&job, console);
    match show::check_rows(&job) {
        Ok(()) => shown,
        // The document of `--json` has the reason; a filter may drop it.
        Err(failure) if shown.is_ok() && console.json() && !console.filters() => {
            Err(Failure::already_reported(failure.code().to_owned()))
        }
        Err(failure) => Err(failure),
    }
}

/// Logs in, and finds a job for an action.
fn with_job(
    which: &Which,
    console: &Console,
    action: impl AsyncFnOnce(&Org, Job) -> Result<Job, Failure>,
) -> Result<Job, Failure> {
    let (org, _) = resolved_login::org(&which.caller, console)?;
    wait_for(async {
        let job = find(&org, &which.id).await?;
        action(&org, job).await
    })
}

/// Polls a job until it has ended, and shows its progress.
pub(super) async fn until_ended(
    org: &Org,
    mut job: Job,
    console: &Console,
) -> Result<Job, Failure> {
    let mut polling = org.wait_for_job(job.kind(), &job.id);
    let progress = console.progress();
    while !job.state.has_ended() {
        let (state, done) = (job.state.name(), job.number_records_processed.unwrap_or_default());
        let text = format!("job {}: {state}, {done} records processed", job.id);
        progress.show(&printable(&text));
        job = polling.next().await?;
    }
    Ok(job)
}

/// Returns the job with this id.
async fn find(org: &Org, id: &str) -> Result<Job, Failure> {
    org.find_job(id).await.map_err(|error| match Failure::from(error) {
        failure if failure.code() == "api.not_found" => failure.with_hint(
            "the org has no job with this id, or has deleted it; `orgtoken bulk list` lists the jobs",
        ),
        failure => failure,
    })
}
