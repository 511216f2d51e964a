//! Secrets are compared in constant time, and are not in this repository.

use super::Source;

pub(super) fn check(sources: &[Source], problems: &mut Vec<String>) {
    let manifest = sources.iter().find(|source| source.path == MANIFEST);
    for source in sources {
        let mut report = |line: usize, what: &str| {
            problems.push(format!("{}:{line}: {what}", source.path));
        };
        if source.is_rust() && !source.is_test() {
            comparisons(source.code()).for_each(|line| report(line, COMPARED));
        }
        if !manifest.is_some_and(|manifest| lists(&manifest.text, &source.path)) {
            key_material(&source.text).for_each(|line| report(line, COMMITTED));
        }
    }
}

/// Whether the manifest lists a file as published.
fn lists(manifest: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    manifest.contains(&format!("`{stem}."))
}

/// Returns the lines that compare a secret with `==`, whose time depends on the secret.
fn comparisons(code: &str) -> impl Iterator<Item = usize> {
    let is_secret = |term: &str| term.trim_end_matches([';', ',', ')', '?']).ends_with(".secret(");
    let compares = move |line: &str| {
        [" == ", " != "].iter().flat_map(|sign| line.match_indices(sign)).any(|(at, _)| {
            let right = line[at + 4..].split_whitespace().next().unwrap_or_default();
            is_secret(&line[..at]) || is_secret(right)
        })
    };
    let lines = (1..).zip(code.lines());
    lines
        .filter(move |(_, line)| !line.trim_start().starts_with("//") && compares(line))
        .map(|(number, _)| number)
}

/// Returns the lines that contain, or begin, a private key, an access token or a signed assertion.
fn key_material(text: &str) -> impl Iterator<Item = usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        let pem = line
            .split_once(concat!("PRIVATE", " KEY-----"))
            .is_some_and(|(_, rest)| longest(rest, BASE64) >= PEM || longest(next, BASE64) >= PEM);
        let der = line.match_indices("MII").any(|(at, _)| run(&line[at..], BASE64) >= DER);
        let jwk = line.split_once("\"d\"").is_some_and(|(_, rest)| longest(rest, URL) >= JWK);
        let session = line.match_indices("00D").any(|(at, _)| is_session(&line[at..]));
        let assertion = line.match_indices("eyJ").any(|(at, _)| is_assertion(&line[at..]));
        // The keys in the corpora of the fuzz targets are broken and contain this word.
        let is_canary = line.contains("Canary") || next.contains("Canary");
        if !is_canary && (pem || der || jwk || session || assertion) {
            found.push(at + 1);
        }
    }
    found.into_iter()
}

/// Whether the text is an access token: an org id, an exclamation mark and some ninety characters.
fn is_session(text: &str) -> bool {
    let id = run(text, "");
    matches!(id, 15 | 18) && text[id..].starts_with('!') && run(&text[id + 1..], "._") >= SESSION
}

/// Whether the text is an assertion with a signature of 2048 bits or more.
fn is_assertion(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let [Some(_), Some(claims), Some(signature)] = [parts.next(), parts.next(), parts.next()]
    else {
        return false;
    };
    claims.starts_with("eyJ") && run(signature, URL) >= SIGNATURE
}

/// Returns the number of letters, digits and characters of `more` at the start of the text.
fn run(text: &str, more: &str) -> usize {
    let is_in = |c: &u8| c.is_ascii_alphanumeric() || more.as_bytes().contains(c);
    text.bytes().take_while(is_in).count()
}

fn longest(text: &str, more: &str) -> usize {
    let ends = |c: char| !c.is_ascii_alphanumeric() && !more.contains(c);
    text.split(ends).map(str::len).max().unwrap_or(0)
}

const COMPARED: &str = "a secret is compared with `==`: use `subtle`, or compare digests";
const COMMITTED: &str = "key material: create it with `cargo xtask test-keys`, and never commit it";

/// The list of published keys, from standards and public test suites.
const MANIFEST: &str = "crates/assertion/testdata/README.md";

const BASE64: &str = "+/=";
const URL: &str = "-_";
/// Minimum lengths in characters: a line of PEM, 1024 bits of DER, an exponent of 1024 bits, and so
/// on.
const PEM: usize = 60;
const DER: usize = 200;
const JWK: usize = 170;
const SESSION: usize = 80;
const SIGNATURE: usize = 340;

#[cfg(test)]
mod tests {
    use super::super::{problems_of, sample};
    use super::*;

    #[test]
    fn comparison_of_a_secret_is_found() {
        for (path, line, count) in [
            ("crates/a/src/a.rs", "if a.secret() == b { return; }", 1),
            ("crates/a/src/a.rs", "let same = a != *b.secret();", 1),
            ("crates/a/src/a.rs", "if a.secret().len() == 3 { return; }", 0),
            ("crates/a/src/a.rs", "Text(a) if name == \"key\" => a.secret(),", 0),
            ("crates/a/src/a.rs", "// `a.secret() == b` would tell.", 0),
            ("crates/a/src/a.rs", "send(a.secret());", 0),
            ("crates/a/tests/a.rs", "assert!(a.secret() == b);", 0),
        ] {
            assert_eq!(problems_of(check, path, line).len(), count, "{path}: {line}");
        }
    }

    #[test]
    fn key_material_is_found_in_every_form() {
        let begin = concat!("-----BEGIN PRIVATE", " KEY-----");
        let line = |number: usize| "aB3+".repeat(number / 4);
        let url = |number: usize| "aB3_".repeat(number / 4);
        let jws = |number: usize| format!("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.{}", url(number));
        for (name, text, count) in [
            ("PEM", format!("{begin}\n{}\n", line(64)), 1),
            ("PEM in JSON", format!("\"{begin}\\n{}\\n\"", line(64)), 1),
            ("its label alone", format!("starts with `{begin}`\n"), 0),
            ("a label and a word", format!("{begin}\ncanary\n"), 0),
            ("DER in base64", format!("let key = \"MIIE{}\";", line(400)), 1),
            ("a hash in base64", format!("\"sha512-MII{}\"", line(84)), 0),
            ("JWK", format!("{{\"kty\":\"RSA\",\"d\": \"{}\"}}", url(342)), 1),
            ("public JWK", format!("{{\"kty\":\"RSA\",\"n\":\"{}\"}}", url(342)), 0),
            ("session", format!("00Dxx0000001gPz!{}", line(92).replace('+', ".")), 1),
            ("session of an org", format!("00Dxx0000001gPzEAI!{}", line(92).replace('+', ".")), 1),
            ("assertion", jws(344), 1),
            ("a word in its form", jws(40), 0),
        ] {
            assert_eq!(problems_of(check, "docs/a.md", &text).len(), count, "{name}");

            let published = sample(MANIFEST, "| `rfc7515-a2.jwk` | RFC 7515 |");
            let mut problems = Vec::new();
            check(&[published, sample("testdata/rfc7515-a2.jwk", &text)], &mut problems);
            assert!(problems.is_empty(), "{name}");
        }
    }
}
