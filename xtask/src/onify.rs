//! `cargo xtask onify`: the blueprint on the engine of Onify Flow.

use std::process::Command;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::build;
use crate::summary::leave_out;

/// Runs the tests of the blueprint. Without Node, or without a registry for its packages, they are
/// left out. In the pipeline that is a failure.
pub(crate) fn onify(sh: &Shell) -> Result<()> {
    if let Err(reason) = prepare(sh) {
        return leave_out("onify", reason);
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
