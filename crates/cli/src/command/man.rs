use clap_mangen::Man;

use crate::args::UsageError;
use crate::console::Console;
use crate::failure::Failure;

/// Print the manual page
///
/// Read it with: orgtoken man | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command whose page to print, such as `key generate`; by default that of the program
    command: Vec<String>,
}

pub(crate) fn run(
    args: &Args,
    mut program: clap::Command,
    console: &Console,
) -> Result<(), Failure> {
    program.build();
    let mut page = &program;
    for name in &args.command {
        page = page.find_subcommand(name).ok_or_else(UsageError::unknown_command)?;
    }
    let mut text = Vec::new();
    Man::new(page.clone())
        .source(SOURCE)
        .manual("orgtoken")
        .render(&mut text)
        .expect("a vector takes everything");
    Ok(console.data(&text)?)
}

const SOURCE: &str = concat!("orgtoken ", env!("CARGO_PKG_VERSION"));
