//! The licences of everything that is linked into the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::build;

/// Returns the notices for the components of an SBOM: each licence text once, below the components
/// that it is for.
pub(super) fn notices(sh: &Shell, sbom: &Value) -> Result<String> {
    let metadata = build::metadata_of_all(sh)?;
    let packages = metadata["packages"].as_array().context("metadata lists packages")?;

    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, version) in super::components(sbom) {
        let (title, found) = match name {
            "rust-std" => (
                format!("{name} {version} (MIT OR Apache-2.0)"),
                read(sh, [rust(sh, "MIT.txt")?, rust(sh, "Apache-2.0.txt")?])?,
            ),
            "glibc" => (
                format!("{name} {version} (LGPL-2.1-or-later)"),
                read(sh, [COPYRIGHT.into(), LGPL.into()])?,
            ),
            _ => {
                let package = packages
                    .iter()
                    .find(|package| package["name"] == name && package["version"] == version)
                    .with_context(|| format!("metadata lists {name} {version}"))?;
                // Ours has the licence of the program.
                if package["source"].is_null() {
                    continue;
                }
                let licence = package["license"].as_str().unwrap_or("see below");
                (format!("{name} {version} ({licence})"), texts_of(sh, package)?)
            }
        };
        ensure!(!found.is_empty(), "{title} has no licence text: find it and add it here");
        for text in found {
            texts.entry(text.trim_end().to_owned()).or_default().push(title.clone());
        }
    }

    let mut notices = HEAD.to_owned();
    let mut texts: Vec<_> = texts.into_iter().map(|(text, titles)| (titles, text)).collect();
    texts.sort();
    for (titles, text) in texts {
        notices += &format!("\n{LINE}\n{}\n{LINE}\n\n{text}\n", titles.join("\n"));
    }
    Ok(notices)
}

/// Returns the licences and notices of a package. A package under the MIT licence that contains no
/// text gets that of the licence, with its authors.
fn texts_of(sh: &Shell, package: &Value) -> Result<Vec<String>> {
    let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
    let folder = Path::new(manifest).parent().context("a manifest is in a folder")?;
    let mut files = sh.read_dir(folder)?;
    files.retain(|file| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.to_uppercase();
        file.is_file() && NAMES.iter().any(|start| name.starts_with(start))
    });
    let authors: Vec<_> = package["authors"].as_array().into_iter().flatten().collect();
    let authors: Vec<_> = authors.into_iter().filter_map(Value::as_str).collect();
    if files.is_empty() && package["license"] == "MIT" && !authors.is_empty() {
        let text = sh.read_file(rust(sh, "MIT.txt")?)?;
        ensure!(text.contains(HOLDERS), "the MIT licence of Rust has no place for the holders");
        return Ok(vec![text.replace(HOLDERS, &authors.join(", "))]);
    }
    read(sh, files)
}

fn read(sh: &Shell, files: impl IntoIterator<Item = PathBuf>) -> Result<Vec<String>> {
    files.into_iter().map(|file| Ok(sh.read_file(file)?.replace("\r\n", "\n"))).collect()
}

/// Returns a licence of the standard library.
fn rust(sh: &Shell, name: &str) -> Result<PathBuf> {
    let root = PathBuf::from(cmd!(sh, "rustc --print sysroot").quiet().read()?);
    Ok(root.join("share/doc/rust/licenses").join(name))
}

/// Returns the version of the C library that is linked statically.
pub(super) fn glibc(sh: &Shell) -> Result<String> {
    let format = "--showformat=${source:Version}";
    let version = cmd!(sh, "dpkg-query --show {format} libc6-dev");
    version.quiet().read().context("a release is made on Debian, where dpkg knows the C library")
}

const NAMES: [&str; 5] = ["COPYING", "COPYRIGHT", "LICENCE", "LICENSE", "NOTICE"];
/// The placeholder for the authors in the text of the licence.
const HOLDERS: &str = "<year> <copyright holders>";
const COPYRIGHT: &str = "/usr/share/doc/libc6-dev/copyright";
const LGPL: &str = "/usr/share/common-licenses/LGPL-2.1";
const LINE: &str = "------------------------------------------------------------------------";
const HEAD: &str = "\
Third-party software in orgtoken

The program is linked statically with the components below. The GNU C Library is under the LGPL: to
link the program with another version of it, build the sources of orgtoken, for example by
`cargo xtask dist`.
";
