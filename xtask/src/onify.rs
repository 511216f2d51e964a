//! `cargo xtask onify`: the blueprint on the engine of Onify Flow.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::build;

pub(crate) fn onify(sh: &Shell) -> Result<ExitCode> {
    run(sh)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the tests of the blueprint. Without Node, or without a registry for its packages, they are
/// left out. In the pipeline that is a failure.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    if let Err(reason) = prepare(sh) {
        println!("\nleft out:\n  onify: {reason}\n");
        let pipeline = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        ensure!(!pipeline, "CI=true makes it a failure: {reason}");
        return Ok(());
    }
    let programs = build::programs(sh, &["orgtoken", "orgtoken-fake-org"], "dev")?;
    let mut node = Command::new("node");
    node.args(["--test", "--test-timeout=60000"]).current_dir(sh.current_dir().join(FOLDER));
    build::run(node.env("ORGTOKEN_PROGRAMS", programs))
}

fn prepare(sh: &Shell) -> Result<(), &'static str> {
    cmd!(sh, "node --version").quiet().read().map_err(|_| "Node is not installed")?;
    if sh.path_exists(format!("{FOLDER}/node_modules/bpmn-engine")) {
        return Ok(());
    }
    let _folder = sh.push_dir(FOLDER);
    cmd!(sh, "npm ci --ignore-scripts").run().map_err(|_| "npm cannot fetch its packages")
}

const FOLDER: &str = "tests/onify";
