use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

#[test]
fn json_of_orgtoken_is_looked_up_by_its_code() {
    for (words, code) in [
        (
            r#"{"error":{"code":"invalid_grant","message":"user hasn't approved this consumer"}}"#,
            "refused.user_not_approved",
        ),
        (r#"{"error":{"code":"refused.user_inactive","message":"no"}}"#, "refused.user_inactive"),
        (r#"{"error":{"code":"settings.json","message":"not JSON"}}"#, "settings.json"),
        (" key.weak\n", "key.weak"),
        ("DUPLICATE_VALUE", "DUPLICATE_VALUE"),
        (
            r#"[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access"}]"#,
            "UNABLE_TO_LOCK_ROW",
        ),
        ("user_inactive", "refused.user_inactive"),
    ] {
        assert_eq!(document(&find(words)).unwrap().code, code, "{words}");
    }
}

#[test]
fn every_error_code_is_explained() {
    let written = codes();
    assert!(written.len() > 150, "the sources were not found: {written:?}");
    let own: BTreeSet<_> = own_codes().map(|own| own.code).collect();
    let unexplained: Vec<_> = written
        .iter()
        .filter(|code| !own.contains(code.as_str()) && catalogue::by_code(code).is_none())
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn every_explained_code_is_in_use_and_unique() {
    let written = codes();
    let mut seen = BTreeSet::new();
    for own in own_codes() {
        assert!(seen.insert(own.code), "`{}` has two rows", own.code);
        assert!(written.contains(own.code), "no error has `{}`", own.code);
        assert_eq!(catalogue::by_code(own.code), None, "also in the catalogue");
    }
}

#[test]
fn exit_codes_of_the_page_are_correct() {
    let mut exits = String::new();
    for line in include_str!("../../../assets/errors.md").lines() {
        if let Some((_, said)) = line.strip_prefix("## ").and_then(|line| line.split_once(": ")) {
            exits = said.to_owned();
        } else if let Some(own) = own_code(line) {
            let said = own.meaning.rsplit_once("; exit code ").map_or(&*exits, |(_, said)| said);
            let exit = exit_code(own.code).to_string();
            assert!(said.split(|c: char| !c.is_ascii_digit()).any(|said| said == exit), "{line}");
        }
    }
}

/// Returns the error codes in the sources of the program, without tests.
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
        if path.ends_with("tests.rs") || path.ends_with("tests") {
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

/// Whether it is an error code: `key.weak`, or one without a family.
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
