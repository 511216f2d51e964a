//! `cargo xtask bench`: the budgets, each beside its reference, measured in one run.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::Shell;

use crate::build;

pub(crate) fn bench(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let programs = build::programs(sh, &["bare", "bench", "orgtoken"], true)?;
    let status = Command::new(programs.join("bench")).args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
