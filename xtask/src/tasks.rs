//! Tasks that start one program of ours.

use std::process::Command;

use anyhow::{Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::build;
use crate::summary::Summary;

/// Builds the programs `names` and runs the first of them.
pub(crate) fn start(sh: &Shell, names: &[&str], arguments: &[&str]) -> Result<()> {
    let programs = build::programs(sh, names, "dev")?;
    build::run(Command::new(programs.join(names[0])).args(arguments))
}

/// Runs the integration tests of package `conformance` whose names contain one of `words`.
pub(crate) fn conformance(sh: &Shell, words: &[&str]) -> Result<()> {
    let metadata = build::metadata(sh)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.into_iter().find(|package| package["name"] == "conformance");
    let targets = package.and_then(|package| package["targets"].as_array()).into_iter().flatten();
    let tests = targets.filter(|target| target["kind"][0] == "test");
    let tests = tests.filter_map(|test| test["name"].as_str()).flat_map(|name| ["--test", name]);
    // The whole workspace, so that the dependencies are those of `cargo xtask test`.
    let command =
        cmd!(sh, "cargo test --no-fail-fast --workspace --all-features {tests...} -- {words...}");
    let summary = Summary::of(Command::from(command))?;
    summary.conclude()?;
    ensure!(summary.passed > 0, "no test has this word in its name");
    Ok(())
}

/// Writes `docs/reference/refusals.md` from the catalogue in `orgtoken-oauth`.
pub(crate) fn refusals(sh: &Shell) -> Result<()> {
    let page = cmd!(sh, "cargo run --quiet --package orgtoken-oauth --example refusals").read()?;
    sh.write_file("docs/reference/refusals.md", page + "\n")?;
    Ok(())
}

/// Writes the tables of commands and settings in `docs/reference`.
pub(crate) fn reference(sh: &Shell) -> Result<()> {
    // The whole workspace, so that the dependencies are those of `cargo xtask test`.
    let test = cmd!(sh, "cargo test --quiet --workspace --all-features --test docs reference");
    test.env("SNAPSHOTS", "overwrite").run()?;
    Ok(())
}

/// Runs tests that take hours: a writer of the cache and a load by the Bulk API are killed at random
/// moments, and each secret is put into each argument of each command.
pub(crate) fn soak(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let killed = start(sh, &["soak"], arguments);
    let canary =
        cmd!(sh, "cargo test --package conformance --test secrecy").env("CANARY", "full").run();
    let bulk = cmd!(sh, "cargo test --package conformance --test program killed_bulk_load");
    bulk.env("KILLS", "100").run()?;
    canary?;
    killed
}

/// Creates the keys that tests read.
pub(crate) fn test_keys(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let out = match arguments {
        [] => build::target_folder(sh)?.join("test-keys"),
        ["--out", folder] => folder.into(),
        _ => bail!("the only argument of test-keys is `--out DIR`"),
    };
    cmd!(sh, "cargo run --quiet --package conformance --bin test-keys -- {out}").quiet().run()?;
    Ok(())
}
