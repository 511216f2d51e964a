//! A query by a job of Bulk API 2.0.

use orgtoken_rest::Org;
use orgtoken_rest::bulk::{JobDelimiter, JobKind, QueryJobOptions, check_query};

use super::{Args, Format, soql};
use crate::args::UsageError;
use crate::command::bulk::{Output, check_completed, until_ended};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::interrupts::{Interrupts, interrupted};
use crate::runtime::wait_for;

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    refuse_other_options(args, console)?;
    let options = options(args)?;
    let soql = soql(args)?;
    check_query(&soql)?;
    // A file that cannot be written is reported before the job runs.
    let output = Output::begin(args.out.as_deref(), args.bom, console)?;
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
    interrupts.run(org.check_bulk_query(soql), "nothing was sent").await?;
    let created = match interrupts.finish(org.create_query_job(soql, options), console).await {
        Some(Err(error)) if error.changed_nothing() => return Err(error.into()),
        Some(created) => created.map_err(Failure::from),
        None => Err(interrupted("the response was lost")),
    };
    let job = created.map_err(|failure| {
        failure.with_note("the job may have been created: `orgtoken bulk list` shows it")
    })?;
    let id = printable(&job.id);
    console.remark(&format_args!("job {id}"));
    let left = |failure: Failure| {
        let wait = format!("orgtoken bulk wait {id}");
        failure.with_resume([wait].into_iter().chain(output.resume_command(&job.id)))
    };
    let job = match interrupts.wait(until_ended(org, job.clone(), console)).await {
        Some(Ok(job)) => job,
        Some(Err(failure)) => return Err(left(failure.with_note("the job continues"))),
        None => {
            return Err(match stop(args, org, &job.id, &mut interrupts).await {
                Ok(true) => interrupted("the job was aborted"),
                Ok(false) => left(interrupted("the job continues")),
                Err(failure) => left(failure.with_note("the job may continue")),
            });
        }
    };
    check_completed(&job)?;
    output.write(org, &job, console, &mut interrupts).await
}

/// Aborts the job, if the user wants that. Returns whether it did.
async fn stop(
    args: &Args,
    org: &Org,
    job: &str,
    interrupts: &mut Interrupts,
) -> Result<bool, Failure> {
    if !interrupts.aborts(job, args.abort_on_interrupt).await? {
        return Ok(false);
    }
    let aborted = interrupts.wait(org.abort_job(JobKind::Query, job)).await.transpose()?;
    Ok(aborted.is_some())
}
