//! `cargo xtask soak`: tests that take long. A process that is killed while it writes the cache leaves
//! the old token or the new one, and no secret is shown by any command with any options.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::build;

pub(crate) fn soak(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let programs = build::programs(sh, &["soak"], "dev")?;
    let status = Command::new(programs.join("soak")).args(arguments).status()?;
    let _scope = sh.push_env("CANARY", "full");
    let canary = cmd!(sh, "cargo test --package orgtoken --test canary").run();
    Ok(if status.success() && canary.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
