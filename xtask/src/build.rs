//! Builds programs of the workspace and finds them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

/// Returns the output of `cargo metadata` for our packages.
pub(crate) fn metadata(sh: &Shell) -> Result<Value> {
    let text = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    serde_json::from_str(&text).context("cargo metadata did not print JSON")
}

/// Returns the output of `cargo metadata` for our packages and for all their dependencies.
pub(crate) fn metadata_of_all(sh: &Shell) -> Result<Value> {
    let text = cmd!(sh, "cargo metadata --locked --format-version 1").quiet().read()?;
    serde_json::from_str(&text).context("cargo metadata did not print JSON")
}

/// Returns the folder that Cargo builds into.
pub(crate) fn target_folder(sh: &Shell) -> Result<PathBuf> {
    let metadata = metadata(sh)?;
    let folder = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    Ok(folder.into())
}

/// Arguments of Cargo that select the packages that are published.
pub(crate) const PUBLISHED: [&str; 5] =
    ["--workspace", "--exclude", "conformance", "--exclude", "xtask"];

/// Builds these programs of ours in a profile of Cargo, and returns the folder they are in.
pub(crate) fn programs(sh: &Shell, names: &[&str], profile: &str) -> Result<PathBuf> {
    // In the dev profile with the features of the tests, so that both use the same dependencies.
    let packages = match profile {
        "dev" => &["--workspace", "--all-features"][..],
        _ => &["-p", "orgtoken", "-p", "orgtoken-fake-org", "-p", "conformance"],
    };
    let names = names.iter().flat_map(|name| ["--bin", name]);
    cmd!(sh, "cargo build --quiet --profile {profile} {packages...} {names...}").quiet().run()?;
    Ok(target_folder(sh)?.join(if profile == "dev" { "debug" } else { profile }))
}

/// Runs `command` in the foreground.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
