//! `cargo xtask demo`: the main job from key to record, on an org that fits on a laptop.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::Shell;

use crate::build;

pub(crate) fn demo(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let programs = build::programs(sh, &["demo", "orgtoken"], "dev")?;
    let status = Command::new(programs.join("demo")).args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
