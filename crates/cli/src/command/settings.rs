//! `settings`: check, convert, fetch.

mod check;
mod convert;
mod pull;
mod schema;

use clap::Subcommand;

use crate::failure::Failure;
use crate::io::console::Console;

/// Check, convert and fetch settings
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<check::Args>),
    Convert(Box<convert::Args>),
    Pull(pull::Args),
    Schema(schema::Args),
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::run(args, console),
        Command::Convert(args) => convert::run(args, console),
        Command::Pull(args) => pull::run(args, console),
        Command::Schema(args) => schema::run(args, console),
    }
}
