//! `cargo xtask schedules`: callers of one token source, in thousands of orders.
//!
//! Only the crate itself is built for it, with its locks replaced by those of shuttle: what stands
//! behind it is that of any other test.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::tally::Tally;

pub(crate) fn schedules(sh: &Shell) -> Result<ExitCode> {
    let tally = play(sh)?;
    println!("{tally}");
    Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The caller prints the tally.
pub(crate) fn play(sh: &Shell) -> Result<Tally> {
    let mut command = Command::new(built(sh)?);
    command.arg("schedules::");
    Tally::of(command)
}

/// The tests of the crate, with shuttle in place of tokio's locks.
fn built(sh: &Shell) -> Result<PathBuf> {
    let target = ["--package", "orgtoken-client", "--lib", "--profile", "test"];
    let cfg = ["--", "--cfg", "orgtoken_shuttle"];
    let messages = cmd!(
        sh,
        "cargo rustc {target...} --all-features --message-format json-render-diagnostics {cfg...}"
    )
    .read()?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.context("cargo names no program")
}
