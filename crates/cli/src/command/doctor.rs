//! Everything between the settings and a working call, one check after the other.

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

/// Check everything on the way to a token and a first call, and say what to change
///
/// Logs in once, and always anew, whatever is cached. Exits with the code of the first check that
/// failed, as `token` would.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) login: args::Login,
    /// The certificate that was uploaded, to compare it with the key; KEY.crt beside KEY.key is
    /// found by itself
    #[arg(long, value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,
    #[command(flatten)]
    pub(super) network: args::Network,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut shown = ReportPrinter::new(console);
    let report = diagnose(args, console, |finding| shown.finding(finding))?;
    match shown.end(&report) {
        // `doctor | head -3` has seen enough; the exit code is that of the report all the same.
        Err(error) if error.is_broken_pipe() => {}
        result => result?,
    }
    outcome(&report)
}

/// The code of the first failure becomes the exit code; the report has said the rest.
pub(super) fn outcome(report: &Report) -> Result<(), Failure> {
    match report.first_failure() {
        Some(finding) => Err(Failure::already_reported(finding.code.clone().unwrap_or_default())),
        None => Ok(()),
    }
}
