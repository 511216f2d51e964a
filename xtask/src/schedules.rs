//! `cargo xtask schedules`: callers of one token source, in thousands of orders.
//!
//! The unit tests of the crate are built with the locks of shuttle. Its dependencies are not
//! changed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::summary::Summary;

/// Runs the schedules.
pub(crate) fn schedules(sh: &Shell) -> Result<Summary> {
    let mut command = Command::new(built(sh)?);
    command.arg("schedules::");
    let summary = Summary::of(command)?;
    ensure!(summary.passed + summary.failed > 0, "no unit test is a schedule");
    Ok(summary)
}

/// Builds the unit tests with the locks of shuttle, and returns their program.
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
    executable.context("cargo printed no executable")
}
