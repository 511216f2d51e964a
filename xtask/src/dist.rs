//! `cargo xtask dist`: builds the program as one static file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::build;

pub(crate) fn dist(sh: &Shell) -> Result<ExitCode> {
    let program = program(sh)?;
    let len = program.metadata()?.len();
    println!("{}: {:.1} MB", program.display(), len as f64 / 1e6);
    Ok(ExitCode::SUCCESS)
}

/// Builds a static program. It starts faster because there is nothing to link at run time.
pub(crate) fn program(sh: &Shell) -> Result<PathBuf> {
    let folder = build::target_folder(sh)?.join("dist");
    let package = ["--release", "-p", "orgtoken", "--bin", "orgtoken", "--target-dir"];
    let rustc = ["--", "-C", "target-feature=+crt-static"];
    cmd!(sh, "cargo rustc --quiet --locked {package...} {folder} {rustc...}")
        // The encoded form allows spaces in paths.
        .env("CARGO_ENCODED_RUSTFLAGS", remapped(&sources()?))
        .quiet()
        .run()?;
    Ok(folder.join("release/orgtoken"))
}

fn remapped(sources: &Path) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(sources);
    flag.push("=crates");
    flag
}

/// Returns the folder of Cargo with the sources of other crates, which must not be in the program.
fn sources() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    Ok(home.context("there is no home folder")?.join("registry/src"))
}
