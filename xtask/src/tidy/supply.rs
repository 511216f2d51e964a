//! What stands behind the program: which crates, from where, in which versions, under which
//! licences. `cargo deny` checks the same before a release, and the advisories besides.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::Source;
use super::graph::behind;

pub(super) fn check(
    metadata: &Value,
    sources: &[Source],
    problems: &mut Vec<String>,
) -> Result<()> {
    let linked: Vec<Crate<'_>> = behind(metadata, "orgtoken")?.into_iter().map(Crate::of).collect();
    refused(&linked, problems);
    twice(&linked, problems);
    floors(&linked, problems);
    features(metadata, problems);

    let all: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    origins(&all, problems);
    if let Some(deny) = sources.iter().find(|source| source.path == "deny.toml") {
        licences(&all, &deny.text, problems);
        advisories(&deny.text, problems);
    }
    Ok(())
}

struct Crate<'a> {
    name: &'a str,
    version: &'a str,
}

impl<'a> Crate<'a> {
    fn of(package: &'a Value) -> Self {
        let text = |name: &str| package[name].as_str().unwrap_or_default();
        Self { name: text("name"), version: text("version") }
    }
}

fn refused(linked: &[Crate<'_>], problems: &mut Vec<String>) {
    for (name, why) in REFUSED {
        if linked.iter().any(|one| one.name == *name) {
            problems.push(format!("{name} is behind the program: {why}"));
        }
    }
}

/// Two copies of a crate that handles secrets are two that have to be watched.
fn twice(linked: &[Crate<'_>], problems: &mut Vec<String>) {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in linked.iter().filter(|one| CRYPTOGRAPHY.contains(&one.name)) {
        versions.entry(one.name).or_default().insert(one.version);
    }
    for (name, versions) in versions.into_iter().filter(|(_, versions)| versions.len() > 1) {
        let versions: Vec<&str> = versions.into_iter().collect();
        let versions = versions.join(" and ");
        problems.push(format!("{name} {versions} are both behind the program: agree on one"));
    }
}

/// Below these there are known holes.
fn floors(linked: &[Crate<'_>], problems: &mut Vec<String>) {
    for (name, floor) in FLOORS {
        for one in linked.iter().filter(|one| one.name == *name) {
            if numbers(one.version) < numbers(floor) {
                problems.push(format!("{name} {} is below {floor}: update it", one.version));
            }
        }
    }
}

fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|number| number.parse().unwrap_or_default()).collect()
}

/// `rsa` blinds by itself only where it has a generator, and says nothing where it has none.
fn features(metadata: &Value, problems: &mut Vec<String>) {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let rsa = nodes.filter(|node| node["id"].as_str().is_some_and(|id| id.contains("#rsa@")));
    for node in rsa {
        let on: Vec<&str> =
            node["features"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for feature in ["getrandom", "pkcs1v15"] {
            if !on.contains(&feature) {
                problems.push(format!("rsa is built without its feature `{feature}`: turn it on"));
            }
        }
    }
}

fn origins(all: &[&Value], problems: &mut Vec<String>) {
    for package in all {
        let name = Crate::of(package).name;
        // What has no source is a folder of this repository.
        if package["source"].as_str().is_some_and(|source| source != REGISTRY) {
            problems.push(format!("{name} is not from the public registry: take it from there"));
        }
        if !package["source"].is_null() {
            continue;
        }
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for wild in dependencies.filter(|one| one["req"] == "*" && one["path"].is_null()) {
            let wild = wild["name"].as_str().unwrap_or_default();
            problems.push(format!("{name} takes any version of {wild}: name one"));
        }
    }
}

fn licences(all: &[&Value], deny: &str, problems: &mut Vec<String>) {
    let list = deny.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or(list, |(list, _)| list);
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    for package in all {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, &allowed) {
            let name = Crate::of(package).name;
            problems.push(format!("{name} is under `{licence}`, which deny.toml does not allow"));
        }
    }
}

/// Each part of an SPDX expression that must be kept offers a licence that is allowed.
fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    let is_listed = |one: &str| allowed.contains(&one.trim_matches([' ', '(', ')']));
    let slashes = licence.replace('/', " OR ");
    slashes.split(" AND ").all(|part| part.split(" OR ").any(is_listed))
}

/// An advisory is ignored for a reason and for a time, and not a day after it is mended.
fn advisories(deny: &str, problems: &mut Vec<String>) {
    if !deny.contains("unused-ignored-advisory = \"deny\"") {
        problems.push("deny.toml: put `unused-ignored-advisory = \"deny\"` back".to_owned());
    }
    for line in deny.lines().filter(|line| line.contains("\"RUSTSEC-")) {
        let id = line.split('"').nth(1).unwrap_or_default();
        match (date(line, "reviewed "), date(line, "again by ")) {
            (Some(last), Some(next)) if next > last && next - last <= REVIEW => {}
            _ => problems.push(format!(
                "deny.toml: say of {id} why, and `reviewed YYYY-MM-DD, again by YYYY-MM-DD`, at \
                 most {REVIEW} days later"
            )),
        }
    }
}

/// The date behind these words, as days: <https://howardhinnant.github.io/date_algorithms.html>.
fn date(line: &str, before: &str) -> Option<i64> {
    let text = line.split_once(before)?.1.get(..10)?;
    let mut parts = text.split('-').map(str::parse::<i64>);
    let [year, month, day] = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
    // The year begins in March here, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    Some(365 * year + year / 4 - year / 100 + year / 400 + day_of_year)
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// In days.
const REVIEW: i64 = 90;

const REFUSED: &[(&str, &str)] = &[
    ("aws-lc-sys", "it costs 30 ms at the start of every process"),
    ("brotli", "no answer is unpacked but gzip"),
    ("h2", "HTTP/1.1 is enough"),
    ("native-tls", "TLS is rustls"),
    ("num-bigint-dig", "its arithmetic tells the numbers by their time"),
    ("openssl", "TLS is rustls, signatures are rsa and ring"),
    ("openssl-sys", "TLS is rustls, signatures are rsa and ring"),
    ("rustls-pemfile", "it is unmaintained"),
];

/// getrandom is in twice for as long as ring asks for 0.2.
const CRYPTOGRAPHY: &[&str] = &[
    "aes",
    "base64ct",
    "cbc",
    "cipher",
    "crypto-bigint",
    "der",
    "digest",
    "hmac",
    "pbkdf2",
    "pkcs1",
    "pkcs5",
    "pkcs8",
    "rand_core",
    "ring",
    "rsa",
    "rustls",
    "rustls-webpki",
    "scrypt",
    "sha1",
    "sha2",
    "signature",
    "spki",
    "subtle",
    "zeroize",
];

const FLOORS: &[(&str, &str)] = &[
    ("bytes", "1.11.1"),
    ("ring", "0.17.12"),
    ("rsa", "0.10.0"),
    ("rustls", "0.23.18"),
    ("rustls-webpki", "0.103.13"),
    ("tokio", "1.44.2"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(check: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
        let mut problems = Vec::new();
        check(&mut problems);
        problems
    }

    fn linked(crates: &[(&'static str, &'static str)]) -> Vec<Crate<'static>> {
        crates.iter().map(|&(name, version)| Crate { name, version }).collect()
    }

    #[test]
    fn e2_an_ignored_advisory_has_a_reason_and_a_date() {
        let deny = |reason: &str| {
            format!(
                "unused-ignored-advisory = \"deny\"\n\
                 ignore = [\n  {{ id = \"RUSTSEC-2023-0071\", reason = \"{reason}\" }},\n]\n"
            )
        };
        for (reason, count) in [
            ("we sign; reviewed 2026-11-26, again by 2027-02-15", 0),
            ("we sign; reviewed 2026-11-26, again by 2027-02-25", 1),
            ("we sign; reviewed 2027-02-15, again by 2026-11-26", 1),
            ("we sign; reviewed 2026-11-26", 1),
            ("we sign", 1),
        ] {
            assert_eq!(found(|all| advisories(&deny(reason), all)).len(), count, "{reason}");
        }
        assert_eq!(found(|all| advisories("", all)).len(), 1);
    }

    #[test]
    fn e3_a_version_with_a_known_hole_is_named() {
        for (version, count) in [("0.10.0", 0), ("0.10.1", 0), ("1.0.0", 0), ("0.9.10", 1)] {
            let linked = linked(&[("rsa", version)]);
            assert_eq!(found(|all| floors(&linked, all)).len(), count, "{version}");
        }
    }

    #[test]
    fn e4_crates_that_are_refused_or_there_twice_are_named() {
        let one = linked(&[("h2", "0.4.0"), ("sha2", "0.10.9"), ("sha2", "0.11.1")]);
        let problems = found(|all| {
            refused(&one, all);
            twice(&one, all);
        });
        assert_eq!(
            problems,
            [
                "h2 is behind the program: HTTP/1.1 is enough",
                "sha2 0.10.9 and 0.11.1 are both behind the program: agree on one",
            ]
        );
        let fine = linked(&[("flate2", "1.1.11"), ("getrandom", "0.2.17"), ("getrandom", "0.4.3")]);
        assert!(found(|all| refused(&fine, all)).is_empty());
        assert!(found(|all| twice(&fine, all)).is_empty());
    }

    #[test]
    fn e6_rsa_signs_with_blinding() {
        for (features_on, count) in
            [(&["getrandom", "pkcs1v15"][..], 0), (&["pkcs1v15"], 1), (&[], 2)]
        {
            let id = format!("{REGISTRY}#rsa@0.10.0");
            let metadata = json!({"resolve": {"nodes": [{"id": id, "features": features_on}]}});
            assert_eq!(found(|all| features(&metadata, all)).len(), count, "{features_on:?}");
        }
    }

    #[test]
    fn e7_crates_come_from_the_public_registry_in_a_version_that_is_named() {
        for (name, package, count) in [
            ("registry", json!({"name": "a", "source": REGISTRY}), 0),
            ("git", json!({"name": "a", "source": "git+https://git.example/a#1"}), 1),
            ("other registry", json!({"name": "a", "source": "registry+https://r.example"}), 1),
            ("ours", json!({"name": "a", "dependencies": [{"name": "b", "req": "^1"}]}), 0),
            ("wildcard", json!({"name": "a", "dependencies": [{"name": "b", "req": "*"}]}), 1),
            (
                "folder",
                json!({"name": "a", "dependencies": [{"name": "b", "req": "*", "path": "b"}]}),
                0,
            ),
        ] {
            assert_eq!(found(|all| origins(&[&package], all)).len(), count, "{name}");
        }
    }

    #[test]
    fn e8_a_licence_is_on_the_list_of_deny_toml() {
        let deny =
            "[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n\n[sources]\nx = [\"GPL-3.0\"]\n";
        for (licence, count) in [
            ("MIT", 0),
            ("MIT OR Apache-2.0", 0),
            ("Unlicense/MIT", 0),
            ("Apache-2.0", 1),
            ("Apache-2.0 AND ISC", 1),
            ("(MIT OR Apache-2.0) AND ISC", 0),
            ("GPL-3.0", 1),
        ] {
            let package = json!({"name": "a", "license": licence});
            assert_eq!(found(|all| licences(&[&package], deny, all)).len(), count, "{licence}");
        }
        let none = json!({"name": "a", "license": null});
        assert_eq!(found(|all| licences(&[&none], deny, all)).len(), 1);
    }
}
