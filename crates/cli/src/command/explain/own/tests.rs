use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use orgtoken_oauth::catalogue;

use super::*;

#[test]
fn every_code_that_an_error_can_have_is_explained() {
    let written = codes();
    assert!(written.len() > 150, "the sources were not found: {written:?}");
    let unexplained: Vec<_> = written
        .iter()
        .filter(|code| OwnCode::by_code(code).is_none() && catalogue::by_code(code).is_none())
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn no_code_is_explained_that_no_error_has_or_that_is_explained_already() {
    let written = codes();
    let mut seen = BTreeSet::new();
    for own in all() {
        assert!(seen.insert(own.code), "`{}` stands twice", own.code);
        assert!(written.contains(own.code), "no error has `{}`", own.code);
        assert_eq!(catalogue::by_code(own.code), None, "the catalogue says more");
    }
}

#[test]
fn what_is_said_of_a_code_reads_as_one_voice() {
    for OwnCode { code, meaning, next } in all() {
        for said in [meaning, next] {
            assert!(!said.ends_with('.'), "{code}: {said}");
            assert!(
                !said.starts_with(char::is_uppercase) || said.starts_with("Salesforce"),
                "{code}"
            );
        }
    }
}

/// The codes in the sources of everything that the program is made of, tests left out.
fn codes() -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut codes = BTreeSet::new();
    for package in fs::read_dir(crates).unwrap() {
        let package = package.unwrap().path();
        if !package.ends_with("fake-org") {
            collect(&package.join("src"), &mut codes);
        }
    }
    codes
}

fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What stands here is what is tested.
        if path.ends_with("explain/own") || path.ends_with("tests.rs") || path.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, codes);
        } else {
            let source = fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            codes.extend(code.split('"').filter(|text| is_code(text)).map(str::to_owned));
        }
    }
}

/// `key.weak`, or one of those that stand for themselves.
fn is_code(text: &str) -> bool {
    let Some((family, name)) = text.split_once('.') else {
        return ["bug", "interrupted"].contains(&text);
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    FAMILIES.contains(&family) && !name.is_empty() && name.chars().all(is_name)
}

const FAMILIES: [&str; 18] = [
    "api",
    "assertion",
    "cache",
    "cert",
    "exec",
    "io",
    "key",
    "net",
    "proxy",
    "rate",
    "refused",
    "resp",
    "settings",
    "sign",
    "tls",
    "unavailable",
    "url",
    "usage",
];
