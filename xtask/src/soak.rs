//! `cargo xtask soak`: what is killed while it writes the cache leaves the old token or the new one.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::Shell;

use crate::build;

pub(crate) fn soak(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let programs = build::programs(sh, &["soak"], "dev")?;
    let status = Command::new(programs.join("soak")).args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
