//! A query by a job of Bulk API 2.0.

use orgtoken_rest::Org;
use orgtoken_rest::bulk::{JobDelimiter, JobKind, JobState, QueryJobOptions, check_query};

use super::{Args, Format, soql};
use crate::args::UsageError;
use crate::command::bulk::{Output, job_failure, until_ended};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::interrupts::{Interrupts, Waited, interrupted};
use crate::runtime::wait_for;

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    refuse_other_options(args, console)?;
    let options = options(args)?;
    let soql = soql(args)?;
    check_query(&soql)?;
    // A file that cannot be written is reported before the job runs.
    let output = Output::begin(args.by_job.out.as_deref(), args.bom, console)?;
    let (org, _) = resolved_login::org(&args.caller, console)?;
    wait_for(run_job(args, &org, &soql, &options, output, console))
}

/// Refuses options that a job does not have.
fn refuse_other_options(args: &Args, console: &Console) -> Result<(), UsageError> {
    let is_csv = args.format.is_none_or(|format| format == Format::Csv);
    let other = [
        (console.filters(), "`--jq`, since its results are CSV"),
        (console.json(), "`--json`, since its results are CSV"),
        (!is_csv, "a format other than csv"),
        (!args.bind.is_empty(), "`--bind`"),
        (args.limit.is_some(), "`--limit`: write LIMIT into the query"),
        (args.tooling, "`--tooling`"),
    ];
    match other.into_iter().find_map(|(is_given, other)| is_given.then_some(other)) {
        Some(other) => Err(UsageError::conflict("`--bulk`", other, "orgtoken query")),
        None => Ok(()),
    }
}

fn options(args: &Args) -> Result<QueryJobOptions, UsageError> {
    let delimiter = JobDelimiter::from_byte(args.delimiter.unwrap_or(b','));
    let reason = "with `--bulk` it is `,`, `;`, `|`, `^`, a backquote or `tab`";
    let mut options = QueryJobOptions::default();
    options.all_rows = args.all_rows;
    options.crlf = true;
    options.delimiter = delimiter.ok_or_else(|| UsageError::value("`--delimiter`", reason))?;
    Ok(options)
}

async fn run_job(
    args: &Args,
    org: &Org,
    soql: &str,
    options: &QueryJobOptions,
    output: Output<'_>,
    console: &Console,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen();
    match interrupts.wait(org.check_bulk_query(soql)).await {
        Waited::Done(checked) => checked?,
        Waited::Interrupted => return Err(interrupted("nothing was sent")),
    }
    let job = match interrupts.finish(org.create_query_job(soql, options), console).await {
        Waited::Done(Ok(job)) => job,
        Waited::Done(Err(error)) => {
            let may_exist = !error.changed_nothing();
            let failure = Failure::from(error);
            return Err(if may_exist { failure.with_note(MAY_EXIST) } else { failure });
        }
        Waited::Interrupted => {
            return Err(interrupted("the response was lost").with_note(MAY_EXIST));
        }
    };
    let id = printable(&job.id);
    console.remark(&format_args!("job {id}"));
    let left = |failure: Failure| {
        let wait = format!("orgtoken bulk wait {id}");
        failure.with_resume([wait, output.resume_command(&job.id)])
    };
    let job = match interrupts.wait(until_ended(org, job.clone(), console)).await {
        Waited::Done(Ok(job)) => job,
        Waited::Done(Err(failure)) => return Err(left(failure.with_note("the job continues"))),
        Waited::Interrupted => {
            return Err(match stop(args, org, &job.id, &mut interrupts).await {
                Ok(true) => interrupted("the job was aborted"),
                Ok(false) => left(interrupted("the job continues")),
                Err(failure) => left(failure.with_note("the job may continue")),
            });
        }
    };
    match job_failure(&job) {
        Some(failure) if job.state != JobState::JobComplete => Err(failure),
        _ => output.write(org, &job, console, &mut interrupts).await,
    }
}

/// Aborts the job, if the user wants that. Returns whether it did.
async fn stop(
    args: &Args,
    org: &Org,
    job: &str,
    interrupts: &mut Interrupts,
) -> Result<bool, Failure> {
    interrupts.acknowledge();
    if !args.by_job.abort_on_interrupt && !interrupts.ask_to_abort(job).await? {
        return Ok(false);
    }
    match interrupts.wait(org.abort_job(JobKind::Query, job)).await {
        Waited::Done(aborted) => Ok(aborted.map(|_| true)?),
        Waited::Interrupted => Ok(false),
    }
}

const MAY_EXIST: &str = "the job may have been created: `orgtoken bulk list` shows it";
