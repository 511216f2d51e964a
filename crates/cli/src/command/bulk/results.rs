//! The results of a job.

use orgtoken_rest::bulk::{JobKind, JobRows};

use super::download::{Output, of_page, print, temporary_file};
use super::{Results, check_completed, find};
use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::resolved_login;
use crate::runtime::interrupts::Interrupts;
use crate::runtime::wait_for;

pub(super) fn run(args: &Results, console: &Console) -> Result<(), Failure> {
    if console.json() {
        let flag = if console.filters() { "`--jq`" } else { "`--json`" };
        return Err(conflict(flag, "the results of a job, which are CSV"));
    }
    // A file that cannot be written is reported before a login.
    let output = match (&args.out, &args.locator) {
        // With this conflict in clap, `--resume` would no longer require `--out`.
        (Some(_), Some(_)) => return Err(conflict("`--locator`", "`--out`")),
        (None, Some(locator)) => Output::rest(locator),
        (Some(path), None) if args.resume => Output::resume(path, &args.which.id)?,
        (out, None) => Output::begin(out.as_deref(), args.bom, console)?,
    };
    let (org, _) = resolved_login::org(&args.which.caller, console)?;
    wait_for(async {
        let mut interrupts = Interrupts::listen();
        let id = &args.which.id;
        let job = interrupts.run(find(&org, id), NOTHING).await?;
        if !job.state.has_ended() {
            let id = printable(&job.id);
            let hint = format!("wait for it: `orgtoken bulk wait {id}`");
            let what = format!("job {id} has not ended: {}", job.state.name());
            return Err(Failure::new("api.job", Some(hint), what));
        }
        if job.kind() == JobKind::Query {
            if args.rows.is_some() {
                return Err(conflict("`--rows`", "the job of a query"));
            }
            check_completed(&job)?;
            return output.write(&org, &job, console, &mut interrupts).await;
        }
        let of_queries = [
            (args.out.is_some(), "`--out`"),
            (args.locator.is_some(), "`--locator`"),
            (args.bom, "`--bom`"),
        ];
        if let Some((_, flag)) = of_queries.iter().find(|(is_given, _)| *is_given) {
            return Err(conflict(flag, "a job that changes records"));
        }
        let rows = args.rows.map_or(JobRows::Successful, JobRows::from);
        let mut page = temporary_file()?;
        let download = async { org.write_job_rows(id, rows, &mut page).await.map_err(of_page) };
        interrupts.run(download, NOTHING).await?;
        print(page, b"", console)
    })
}

fn conflict(argument: &str, with: &str) -> Failure {
    UsageError::conflict(argument, with, "orgtoken bulk results").into()
}

const NOTHING: &str = "nothing was downloaded";
