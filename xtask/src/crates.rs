//! `cargo xtask crates`: packages the crates, and uses each one from its packaged files alone.

use std::path::Path;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::build::{self, PUBLISHED};

/// Packages and builds every crate that is published, then runs a stranger's project on them.
pub(crate) fn crates(sh: &Shell) -> Result<()> {
    let out = build::target_folder(sh)?.join("crates");
    let packaged = packaged(sh, &out)?;

    // A copy outside the workspace, with the versions of its lock file.
    let project = out.join("stranger");
    sh.create_dir(project.join("src"))?;
    for file in ["Cargo.toml", "src/main.rs"] {
        sh.copy_file(format!("tests/stranger/{file}"), project.join(file))?;
    }
    sh.copy_file("Cargo.lock", project.join("Cargo.lock"))?;
    let patches = packaged.iter().flat_map(|(name, folder)| {
        let patch = format!("patch.crates-io.{name}.path='{}'", folder.display());
        ["--config".to_owned(), patch]
    });
    let manifest = project.join("Cargo.toml");
    let printed = cmd!(sh, "cargo run --quiet --manifest-path {manifest} --target-dir {out}")
        .args(patches)
        .read()?;
    println!("{printed}");
    for (name, _) in packaged.iter().filter(|(name, _)| name != "orgtoken") {
        let line = format!("{}: ", name.trim_start_matches("orgtoken-"));
        ensure!(
            printed.lines().any(|printed| printed.starts_with(&line)),
            "tests/stranger does not use {name}"
        );
    }
    // Gigabytes that nothing reads again.
    Ok(sh.remove_path(out)?)
}

/// Packages the crates, which builds them from the packaged files, and returns the name and the
/// unpacked folder of each.
fn packaged(sh: &Shell, out: &Path) -> Result<Vec<(String, std::path::PathBuf)>> {
    sh.remove_path(out)?;
    cmd!(sh, "cargo package --quiet --locked {PUBLISHED...} --target-dir {out}").run()?;
    let unpacked = out.join("unpacked");
    sh.create_dir(&unpacked)?;
    let mut packaged = Vec::new();
    for file in sh.read_dir(out.join("package"))? {
        let Some(stem) = file.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(stem) = stem.strip_suffix(".crate") else { continue };
        cmd!(sh, "tar --extract --file {file} --directory {unpacked}").quiet().run()?;
        let name = stem.rsplit_once('-').map_or(stem, |(name, _)| name);
        packaged.push((name.to_owned(), unpacked.join(stem)));
    }
    ensure!(packaged.len() > 1, "cargo package made no packages in {}", out.display());
    Ok(packaged)
}
