//! `doctor`: the diagnosis of a login.

mod diagnose;
mod evidence;
mod report_printer;

pub(super) use diagnose::diagnose;
pub(super) use report_printer::ReportPrinter;

use std::path::PathBuf;

use orgtoken_doctor::Report;

use crate::args;
use crate::failure::Failure;
use crate::io::console::Console;

/// Diagnose login problems
///
/// Checks settings, key, network, login and a first call, and shows what to change. Logs in once,
/// without the cache. Exits with the code of the first failed check, as `token` would.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Certificate in the app [default: KEY.crt next to KEY.key]
    #[arg(long, value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,
    #[command(flatten)]
    pub(super) login: args::Login,
    #[command(flatten)]
    pub(super) network: args::Network,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut shown = ReportPrinter::new(console);
    let report = diagnose(args, console, |finding| shown.finding(finding))?;
    match shown.end(&report) {
        // `doctor | head -3` exits with the code of the report.
        Err(error) if error.is_broken_pipe() => {}
        result => result?,
    }
    outcome(&report, console)
}

/// Returns the first failure, for its exit code. The report has shown it, unless a filter may have
/// dropped it.
pub(super) fn outcome(report: &Report, console: &Console) -> Result<(), Failure> {
    let Some(finding) = report.first_failure() else { return Ok(()) };
    let code = finding.code.clone().unwrap_or_default();
    if !console.filters() {
        return Err(Failure::already_reported(code));
    }
    let message = format!("{}: {}", finding.check.name(), finding.detail);
    Err(Failure::new(code, finding.remedy.clone(), message).without_doctor())
}
