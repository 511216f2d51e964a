//! The software bill of materials (CycloneDX), from the program itself.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use super::licences::glibc;
use crate::tools::tool;

/// Returns what is linked into the program: crates, the standard library of Rust, and the C library.
///
/// The audit data of the program also lists crates that only its macros or other packages of the
/// workspace use. They are removed.
pub(super) fn sbom(sh: &Shell, program: &Path) -> Result<Value> {
    let reader = tool(sh, "auditable2cdx")?;
    let text = cmd!(sh, "{reader} {program}").quiet().read()?;
    let mut sbom: Value = serde_json::from_str(&text).context("auditable2cdx printed no JSON")?;
    let linked = linked(sh)?;
    let named: BTreeSet<_> = super::components(&sbom)
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    let missing: Vec<_> = linked.difference(&named).collect();
    ensure!(missing.is_empty(), "the program has no audit data on {missing:?}");
    retain(&mut sbom, &linked);

    let rust = cmd!(sh, "rustc --version").quiet().read()?;
    let rust = rust.split(' ').nth(1).context("rustc has a version")?;
    let glibc = glibc(sh)?;
    let components = sbom["components"].as_array_mut().context("an SBOM has components")?;
    for (name, version, purl) in [
        ("rust-std", rust, format!("pkg:github/rust-lang/rust@{rust}")),
        ("glibc", &*glibc, format!("pkg:deb/debian/glibc@{}", glibc.replace('+', "%2B"))),
    ] {
        components.push(json!({
            "type": "library",
            "bom-ref": name,
            "name": name,
            "version": version,
            "purl": purl,
        }));
    }
    Ok(sbom)
}

/// Returns names and versions of the crates that Cargo links into the program.
fn linked(sh: &Shell) -> Result<BTreeSet<(String, String)>> {
    let tree = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let target = ["--package", "orgtoken", "--target", "x86_64-unknown-linux-gnu"];
    let list = cmd!(sh, "cargo tree --locked {target...} {tree...}").quiet().read()?;
    let crates = list.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" v")?;
        let version = rest.split(' ').next()?;
        Some((name.to_owned(), version.to_owned()))
    });
    // The program itself is the subject of the SBOM.
    Ok(crates.filter(|(name, _)| name != "orgtoken").collect())
}

/// Removes all other components, and the references to them.
fn retain(sbom: &mut Value, linked: &BTreeSet<(String, String)>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut kept = BTreeSet::from([text(&sbom["metadata"]["component"]["bom-ref"])]);
    if let Some(components) = sbom["components"].as_array_mut() {
        components.retain(|each| linked.contains(&(text(&each["name"]), text(&each["version"]))));
        kept.extend(components.iter().map(|each| text(&each["bom-ref"])));
    }
    if let Some(dependencies) = sbom["dependencies"].as_array_mut() {
        dependencies.retain(|each| kept.contains(&text(&each["ref"])));
        for each in dependencies {
            if let Some(on) = each["dependsOn"].as_array_mut() {
                on.retain(|on| kept.contains(&text(on)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_that_is_not_linked_is_removed_with_its_references() {
        let mut sbom = json!({
            "metadata": { "component": { "bom-ref": "0" } },
            "components": [
                { "name": "a", "version": "1.0.0", "bom-ref": "1" },
                { "name": "a", "version": "2.0.0", "bom-ref": "2" },
            ],
            "dependencies": [
                { "ref": "0", "dependsOn": ["1", "2"] },
                { "ref": "2", "dependsOn": ["1"] },
            ],
        });
        retain(&mut sbom, &BTreeSet::from([("a".to_owned(), "1.0.0".to_owned())]));
        assert_eq!(super::super::components(&sbom), [("a", "1.0.0")]);
        assert_eq!(sbom["dependencies"], json!([{ "ref": "0", "dependsOn": ["1"] }]));
    }
}
