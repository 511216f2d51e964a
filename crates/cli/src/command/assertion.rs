//! `assertion`: assertions for other clients, and for the diagnosis of a refusal.

mod create;
mod inspect;
mod verify;

use std::path::Path;

use clap::Subcommand;
use orgtoken_assertion::Unverified;

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read_text};

/// Create, inspect and verify assertions (JWT)
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Create(Box<create::Args>),
    Inspect(inspect::Args),
    Verify(verify::Args),
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create::run(args, console),
        Command::Inspect(args) => inspect::run(args, console),
        Command::Verify(args) => verify::run(args, console),
    }
}

fn read(file: &Path) -> Result<Unverified, Failure> {
    let text = read_text(file, Kind::Assertion)?;
    Ok(Unverified::parse(text.trim())?)
}
