//! Every row of the references that we promised has a test that carries its id.
//!
//! A row id is a letter and a number (A53, B04, D2). It stands in the name of a test
//! (`fn a53_a_certificate`), at the start of a row of a test table (`"A53 certificate"`,
//! `"A33-34 CRLF, lone CR"`), or in the name of a case of the program (`a53-certificate.toml`).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::Source;

/// Returns how much is covered, a table each.
pub(super) fn check(sources: &[Source], problems: &mut Vec<String>) -> String {
    let mut covered = BTreeSet::new();
    // The samples below are no tests of anything else.
    for source in sources.iter().filter(|source| source.path != "xtask/src/tidy/rows.rs") {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        if source.path.contains("/tests/") {
            covered.extend(leading(&name.to_uppercase()));
        }
        if source.is_rust() {
            in_code(&source.text, &mut covered);
        }
    }

    let required = REQUIRED.into_iter().flat_map(|(table, rows)| rows.map(move |row| (table, row)));
    let missing: Vec<String> = required
        .filter(|row| !covered.contains(row))
        .map(|(table, number)| format!("{table}{number:02}"))
        .collect();
    if !missing.is_empty() {
        problems.push(format!(
            "rows without a test: {}: begin a row of a test table with the id (`\"A53 certificate\"`) \
             or name a test after it (`fn a53_certificate`)",
            missing.join(" ")
        ));
    }
    summary(&covered)
}

fn summary(covered: &BTreeSet<Row>) -> String {
    let tables = TABLES.map(|(table, rows)| {
        let count = covered.iter().filter(|row| row.0 == table && row.1 <= rows).count();
        format!("{table}: {count} of {rows}")
    });
    tables.join(", ")
}

type Row = (char, u16);

fn in_code(text: &str, covered: &mut BTreeSet<Row>) {
    for line in text.lines() {
        if let Some((_, name)) = line.split_once("fn ") {
            covered.extend(leading(&name.to_uppercase()));
        }
        for (at, _) in line.match_indices('"') {
            covered.extend(leading(&line[at + 1..]));
        }
    }
}

/// The ids at the start of a text: `A53`, `A33-34` (where the references have one row of them),
/// `A53, A54`, `A53_A54_…`.
fn leading(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut rest = text;
    while let Some((row, after)) = row(rest) {
        rows.push(row);
        rest = after;
        if let Some((to, after)) = combined(row, rest) {
            rows.extend((row.1 + 1..=to).map(|number| (row.0, number)));
            rest = after;
        }
        rest = rest.trim_start_matches([' ', ',', '/', '+', '&', '_', '-']);
    }
    rows
}

/// One id and what follows it.
fn row(text: &str) -> Option<(Row, &str)> {
    let table = text.chars().next().filter(|c| TABLES.iter().any(|(table, _)| table == c))?;
    let (number, rest) = number(&text[1..], table)?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    ends.then_some(((table, number), rest))
}

/// The number of a row; the long tables write theirs with two digits or three.
fn number(text: &str, table: char) -> Option<(u16, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let fits = if matches!(table, 'A' | 'B') { 2..=3 } else { 1..=2 };
    fits.contains(&end).then(|| digits.parse().ok().zip(Some(rest)))?
}

/// The end of a row that the references number from one to another.
fn combined(row: Row, rest: &str) -> Option<(u16, &str)> {
    let (to, rest) = number(rest.strip_prefix(['-', '–', '_'])?, row.0)?;
    COMBINED.contains(&(row.1, to)).then_some((to, rest)).filter(|_| row.0 == 'A')
}

/// How many rows each table of the references has.
const TABLES: [(char, u16); 5] = [('A', 116), ('B', 40), ('C', 14), ('D', 24), ('E', 18)];
const COMBINED: [(u16, u16); 5] = [(33, 34), (37, 38), (59, 61), (71, 72), (81, 82)];

/// The rows that must have a test: all bad inputs, all faults, all of secrecy, and of supply what a
/// repository can see of itself.
const REQUIRED: [(char, RangeInclusive<u16>); 5] =
    [('A', 1..=116), ('B', 1..=40), ('D', 1..=24), ('E', 2..=8), ('E', 10..=10)];

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn ids_are_read_from_names_and_rows() {
        for (text, rows) in [
            ("A53 certificate", &[('A', 53)][..]),
            ("A33-34 CRLF", &[('A', 33), ('A', 34)]),
            ("A59_61_EXPONENTS", &[('A', 59), ('A', 60), ('A', 61)]),
            ("A53-54 two rows of their own", &[('A', 53)]),
            ("A31, A32 both", &[('A', 31), ('A', 32)]),
            ("A31_A33_KEYS", &[('A', 31), ('A', 33)]),
            ("A104_20_SECONDS", &[('A', 104)]),
            ("D2 debug", &[('D', 2)]),
            ("A2 is too short", &[]),
            ("A1000", &[]),
            ("A53x", &[]),
            ("certificate A53", &[]),
            ("F10 no such table", &[]),
        ] {
            assert_eq!(leading(text), rows, "{text}");
        }
    }

    #[test]
    fn what_is_covered_is_counted_and_what_is_missing_is_named() {
        let code =
            "\nfn a01_empty() {}\nlet rows = [(\"A02 missing\", 3), (\"B04 expired\", 6)];\n";
        let mut problems = Vec::new();
        let covered = check(&[sample("crates/a/src/a.rs", code)], &mut problems);
        assert_eq!(covered, "A: 2 of 116, B: 1 of 40, C: 0 of 14, D: 0 of 24, E: 0 of 18");
        assert!(problems[0].starts_with("rows without a test: A03 A04 "), "{}", problems[0]);
    }
}
