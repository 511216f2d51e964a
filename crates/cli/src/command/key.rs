//! `key`: private keys.

mod generate;
mod inspect;

use clap::Subcommand;
pub(super) use generate::create_pair;

use crate::failure::Failure;
use crate::io::console::Console;

/// Generate and inspect private keys
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Generate(generate::Args),
    Inspect(inspect::Args),
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Generate(args) => generate::run(args, console),
        Command::Inspect(args) => inspect::run(args, console),
    }
}
