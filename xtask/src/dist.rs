//! `cargo xtask dist`: makes the files of a release in `target/dist`.
//!
//! The same commit gives the same bytes in each folder and for each user: paths are remapped, and
//! times are that of the commit.

mod image;
mod licences;
mod notes;
mod program;
mod sbom;
mod stage;

pub(crate) use notes::section;
pub(crate) use program::program;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use crate::build;
use crate::tools::tool;

pub(crate) fn dist(sh: &Shell) -> Result<()> {
    let out = files(sh)?;
    for file in sh.read_dir(&out)? {
        println!("{:>9} {}", file.metadata()?.len(), file.display());
    }
    Ok(())
}

/// Makes the files, and returns their folder.
pub(crate) fn files(sh: &Shell) -> Result<PathBuf> {
    let version = version(sh)?;
    let _date = sh.push_env("SOURCE_DATE_EPOCH", date(sh)?);
    let out = build::target_folder(sh)?.join("dist");
    sh.remove_path(&out)?;
    sh.create_dir(&out)?;

    let program = program(sh)?;
    let sbom = sbom::sbom(sh, &program)?;
    let stage = stage::stage(sh, &program, &sbom)?;
    let name = format!("orgtoken-{version}-x86_64-linux");
    sh.write_file(out.join(format!("{name}.cdx.json")), format!("{sbom:#}\n"))?;
    tarball(sh, &stage, &name, &out)?;
    packages(sh, &out)?;
    image::image(sh, &stage, &version, &out.join(format!("{name}.oci.tar")))?;
    sh.write_file(out.join("RELEASE-NOTES.md"), notes::notes(sh, &version)?)?;

    let _folder = sh.push_dir(&out);
    let names: Vec<_> = sh.read_dir(".")?.into_iter().collect();
    let names = names.iter().filter_map(|path| path.file_name());
    let sums = cmd!(sh, "sha256sum").args(names).quiet().read()?;
    sh.write_file("SHA256SUMS", sums + "\n")?;
    Ok(out)
}

/// Returns the version of the workspace.
pub(crate) fn version(sh: &Shell) -> Result<String> {
    let metadata = build::metadata(sh)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let program = packages.into_iter().find(|package| package["name"] == "orgtoken");
    let version = program.and_then(|package| package["version"].as_str());
    version.map(str::to_owned).context("cargo metadata lists orgtoken")
}

/// Returns the time of all files: that of the commit.
fn date(sh: &Shell) -> Result<String> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(date) => Ok(date),
        Err(_) => Ok(cmd!(sh, "git log -1 --format=%ct").quiet().read()?),
    }
}

/// Packs the staged files for every Linux system: the program, its manual and its completions.
fn tarball(sh: &Shell, stage: &Path, name: &str, out: &Path) -> Result<()> {
    let file = out.join(format!("{name}.tar"));
    let root = format!("--transform=s,^usr,{name},");
    tar(sh)?
        .arg(root)
        .arg("--file")
        .arg(&file)
        .arg("--directory")
        .args([stage])
        .arg("usr")
        .run()?;
    Ok(cmd!(sh, "gzip --best --no-name {file}").quiet().run()?)
}

/// Returns `tar --create`. Neither the user nor the file system has an effect on its output.
fn tar(sh: &Shell) -> Result<Cmd<'_>> {
    let date = format!("--mtime=@{}", sh.var("SOURCE_DATE_EPOCH")?);
    let modes = ["--sort=name", "--mode=u=rwX,go=rX", "--numeric-owner", "--format=ustar"];
    Ok(cmd!(sh, "tar --create {date} {modes...} --owner=0 --group=0").quiet())
}

/// Makes the packages of Debian and of Fedora.
fn packages(sh: &Shell, out: &Path) -> Result<()> {
    deb(sh, out, &[])?;
    let rpm = tool(sh, "cargo-generate-rpm")?;
    Ok(cmd!(sh, "{rpm} generate-rpm --package crates/cli --output {out}").quiet().run()?)
}

/// Makes the Debian package of the staged files in `out`.
pub(crate) fn deb(sh: &Shell, out: &Path, further: &[&str]) -> Result<()> {
    let deb = tool(sh, "cargo-deb")?;
    let staged = ["--no-build", "--no-strip", "--quiet"];
    let out = format!("{}/", out.display());
    Ok(cmd!(sh, "{deb} deb --package orgtoken {staged...} {further...} --output {out}")
        .quiet()
        .run()?)
}

/// Returns name and version of each component of an SBOM.
fn components(sbom: &Value) -> Vec<(&str, &str)> {
    let components = sbom["components"].as_array().into_iter().flatten();
    components
        .filter_map(|component| Some((component["name"].as_str()?, component["version"].as_str()?)))
        .collect()
}
