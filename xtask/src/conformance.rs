//! `cargo xtask conformance`: vectors, and the program against the fake org, case by case.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::Shell;

use crate::{build, test_keys};

/// `words` choose the cases whose names hold one of them; all of them unless told.
pub(crate) fn conformance(sh: &Shell, words: &[&str]) -> Result<ExitCode> {
    test_keys::test_keys(sh, &[])?;
    let programs = build::programs(sh, &["conformance", "orgtoken"], "dev")?;
    let status = Command::new(programs.join("conformance")).args(words).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
