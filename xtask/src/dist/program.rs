//! The static program.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::build;
use crate::tools::tool;

/// Builds a static program, which contains the list of its dependencies (`cargo audit bin` reads
/// it). It starts faster because there is nothing to link at run time.
pub(crate) fn program(sh: &Shell) -> Result<PathBuf> {
    let folder = build::target_folder(sh)?.join("static");
    let package = ["--release", "-p", "orgtoken", "--bin", "orgtoken", "--target-dir"];
    let rustc = ["--", "-C", "target-feature=+crt-static"];
    // By name: the path of a wrapper is part of the names of symbols, so `cargo auditable`, which
    // passes its own path, gives other bytes in another folder.
    let auditable = tool(sh, "cargo-auditable")?;
    let tools = auditable.parent().context("a tool is in a folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(tools.to_owned()).chain(std::env::split_paths(&path));
    cmd!(sh, "cargo rustc --quiet --locked {package...} {folder} {rustc...}")
        .env("PATH", std::env::join_paths(path)?)
        .env("RUSTC_WORKSPACE_WRAPPER", "cargo-auditable")
        .env("CARGO_AUDITABLE_ORIG_ARGS", CARGO_ARGUMENTS)
        // The encoded form allows spaces in paths.
        .env("CARGO_ENCODED_RUSTFLAGS", remapped(sh)?)
        // Debug information of code in C has paths as well. It is stripped from the program anyway.
        .env("CFLAGS", "-g0")
        .quiet()
        .run()?;
    Ok(folder.join("release/orgtoken"))
}

/// Returns flags that remove the folders of this machine from the program.
fn remapped(sh: &Shell) -> Result<OsString> {
    let mut flags = OsString::new();
    let mut remap = |from: &Path, to: &str| {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    };
    remap(&sh.current_dir().canonicalize()?, ".");
    // The sources of other crates, in a folder for each registry.
    for registry in registries(sh)? {
        remap(&registry, "crates");
    }
    Ok(flags)
}

/// Returns the folders with the sources of the dependencies.
fn registries(sh: &Shell) -> Result<BTreeSet<PathBuf>> {
    let metadata = build::metadata_of_all(sh)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let theirs = packages.filter(|package| !package["source"].is_null());
    let manifests = theirs.filter_map(|package| package["manifest_path"].as_str());
    let folders = manifests.filter_map(|manifest| Path::new(manifest).ancestors().nth(2));
    Ok(folders.map(Path::to_owned).collect())
}

/// The arguments of Cargo, which `cargo auditable` passes on to itself.
const CARGO_ARGUMENTS: &str = r#"{"offline":false,"locked":true,"frozen":false,"config":[]}"#;
