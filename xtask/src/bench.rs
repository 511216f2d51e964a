//! `cargo xtask bench`: measures each budget and its reference in one run.

use std::process::Command;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{build, dist};

pub(crate) fn bench(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let programs = build::programs(sh, &["bare", "bench", "hits"], "release")?;
    // Built alone: together with others it would have the features that they enable.
    cmd!(sh, "cargo build --quiet --release -p orgtoken --bin orgtoken").quiet().run()?;
    std::fs::copy(dist::program(sh)?, programs.join("orgtoken-static"))?;
    let table = build::run(Command::new(programs.join("bench")).args(arguments));
    // Runs alone because it counts every allocation.
    build::run(&mut Command::new(programs.join("hits"))).and(table)
}
