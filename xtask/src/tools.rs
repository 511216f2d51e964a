//! Tools of a release and of the book, in versions of our choice, built into `target/tools`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::build;

/// Returns a tool, which is built if this version is not installed yet. A debug build takes half
/// the time, and a tool runs for seconds.
pub(crate) fn tool(sh: &Shell, name: &str) -> Result<PathBuf> {
    let tool = TOOLS.iter().find(|(tool, _, _)| *tool == name);
    let (_, version, features) = *tool.context("no such tool")?;
    let root = build::target_folder(sh)?.join("tools");
    let installed = cmd!(sh, "cargo install --list --root {root}").quiet().ignore_stderr().read();
    if !installed.is_ok_and(|list| list.contains(&format!("{name} v{version}:"))) {
        let out = root.join("build");
        let from = ["--version", version, "--locked", "--debug", "--quiet"];
        cmd!(sh, "cargo install {name} {from...} {features...} --root {root} --target-dir {out}")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .run()?;
    }
    Ok(root.join("bin").join(name))
}

/// Names, versions, and the features that are built.
const TOOLS: &[(&str, &str, &[&str])] = &[
    ("auditable2cdx", "0.1.0", &[]),
    ("cargo-auditable", "0.7.7", &[]),
    ("cargo-deb", "3.8.0", &[]),
    ("cargo-deny", "0.20.2", &[]),
    ("cargo-generate-rpm", "0.21.1", &[]),
    ("cargo-hack", "0.6.46", &[]),
    ("cargo-semver-checks", "0.51.0", &[]),
    ("mdbook", "0.5.4", &["--no-default-features", "--features", "search"]),
];
