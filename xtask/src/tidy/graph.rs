//! The crate graph of ARCHITECTURE.md, and the crates without I/O. They are `no_std`, or their
//! `clippy.toml` bans the functions of the standard library that do I/O.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::build;

pub(super) fn check(sh: &Shell, problems: &mut Vec<String>) -> Result<()> {
    for package in packages(&build::metadata(sh)?)? {
        edges(&package, problems);
    }
    let tree = ["--all-features", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    for name in PURE {
        let behind = cmd!(sh, "cargo tree --package {name} {tree...}").quiet().read()?;
        let is_behind =
            |banned: &str| behind.lines().any(|line| line.split(' ').next() == Some(banned));
        for banned in BANNED.iter().filter(|banned| is_behind(banned)) {
            problems.push(format!(
                "{name} depends on {banned}: it must do no I/O; move the code to orgtoken-client"
            ));
        }
        let folder = Path::new("crates").join(name.trim_start_matches("orgtoken-"));
        let is_no_std = sh.read_file(folder.join("src/lib.rs"))?.contains("\n#![no_std]\n");
        if !is_no_std && !sh.path_exists(folder.join("clippy.toml")) {
            problems.push(format!(
                "{name} is not `no_std` and has no `clippy.toml` that bans I/O: link that of oauth"
            ));
        }
    }
    Ok(())
}

/// A crate may depend on crates below it, never on crates beside or above it.
fn edges(package: &Package, problems: &mut Vec<String>) {
    let Some(&(_, below)) = GRAPH.iter().find(|(name, _)| *name == package.name) else {
        problems.push(format!(
            "{} is not in the graph: add it to ARCHITECTURE.md and xtask/src/tidy/graph.rs",
            package.name
        ));
        return;
    };
    for (dependency, kind) in &package.dependencies {
        let is_ours = GRAPH.iter().any(|(name, _)| name == dependency);
        let in_tests = kind == "dev" && [FAKE_ORG, KEYGEN].contains(&dependency.as_str());
        if is_ours && !in_tests && !below.contains(&dependency.as_str()) {
            problems.push(format!(
                "{} may not depend on {dependency}, which is beside or above it",
                package.name
            ));
        }
    }
}

struct Package {
    name: String,
    /// Names and kinds (`normal`, `dev`, `build`).
    dependencies: Vec<(String, String)>,
}

fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let dependency = |value: &Value| {
        // `null` is a normal dependency.
        (name(value), value["kind"].as_str().unwrap_or("normal").to_owned())
    };
    let package = |value: &Value| Package {
        name: name(value),
        dependencies: value["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .map(dependency)
            .collect(),
    };
    let packages = metadata["packages"].as_array().context("metadata lists packages")?;
    Ok(packages.iter().map(package).collect())
}

const ASSERTION: &str = "orgtoken-assertion";
const OAUTH: &str = "orgtoken-oauth";
const SETTINGS: &str = "orgtoken-settings";
const KEYGEN: &str = "orgtoken-keygen";
const SIGNER: &str = "orgtoken-signer";
const CLIENT: &str = "orgtoken-client";
const REST: &str = "orgtoken-rest";
const BROKER: &str = "orgtoken-broker";
const DOCTOR: &str = "orgtoken-doctor";
const FAKE_ORG: &str = "orgtoken-fake-org";
const CLI: &str = "orgtoken";

/// Each crate, with our crates below it.
const GRAPH: &[(&str, &[&str])] = &[
    (ASSERTION, &[]),
    (OAUTH, &[ASSERTION]),
    (SETTINGS, &[ASSERTION, OAUTH]),
    (KEYGEN, &[ASSERTION]),
    (SIGNER, &[ASSERTION, OAUTH]),
    (CLIENT, &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER]),
    (REST, &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER, CLIENT]),
    (BROKER, &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER, CLIENT]),
    (DOCTOR, &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER, CLIENT, REST]),
    (CLI, &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER, CLIENT, REST, BROKER, DOCTOR]),
    // It has its own parsers, so that it finds errors in ours.
    (FAKE_ORG, &[ASSERTION]),
    (
        "conformance",
        &[ASSERTION, OAUTH, SETTINGS, KEYGEN, SIGNER, CLIENT, REST, BROKER, DOCTOR, FAKE_ORG, CLI],
    ),
    ("xtask", &[]),
];

const PURE: [&str; 4] = [ASSERTION, OAUTH, SETTINGS, KEYGEN];
const BANNED: &[&str] = &[
    "tokio",
    "hyper",
    "hyper-util",
    "hyper-rustls",
    "rustls",
    "tokio-rustls",
    "native-tls",
    "openssl",
    "reqwest",
    "ureq",
    "mio",
    "socket2",
    "async-io",
    "redis",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependency: &str, kind: &str) -> Package {
        let dependencies = vec![(dependency.to_owned(), kind.to_owned())];
        Package { name: name.to_owned(), dependencies }
    }

    #[test]
    fn dependency_upward_is_a_problem() {
        for (name, dependency, kind, found) in [
            (SETTINGS, OAUTH, "normal", 0),
            (OAUTH, SETTINGS, "normal", 1),
            (OAUTH, "serde", "normal", 0),
            (KEYGEN, OAUTH, "normal", 1),
            (FAKE_ORG, ASSERTION, "normal", 0),
            (FAKE_ORG, OAUTH, "dev", 1),
            (SIGNER, KEYGEN, "dev", 0),
            (SIGNER, KEYGEN, "normal", 1),
            (CLIENT, FAKE_ORG, "dev", 0),
            (CLIENT, FAKE_ORG, "normal", 1),
            ("xtask", ASSERTION, "normal", 1),
            ("orgtoken-unheard-of", "serde", "normal", 1),
        ] {
            let mut problems = Vec::new();
            edges(&package(name, dependency, kind), &mut problems);
            assert_eq!(problems.len(), found, "{name} to {dependency} ({kind})");
        }
    }
}
