//! `cargo xtask bench`: measures each budget and its reference in one run.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{build, dist};

pub(crate) fn bench(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let programs = build::programs(sh, &["bare", "bench", "hits"], "release")?;
    // Built alone: together with others it would have the features that they enable.
    cmd!(sh, "cargo build --quiet --release -p orgtoken --bin orgtoken").quiet().run()?;
    std::fs::copy(dist::program(sh)?, programs.join("orgtoken-static"))?;
    let table = Command::new(programs.join("bench")).args(arguments).status()?;
    // Runs alone because it counts every allocation.
    let hits = Command::new(programs.join("hits")).status()?;
    Ok(if table.success() && hits.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
