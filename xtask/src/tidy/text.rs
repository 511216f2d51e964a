//! Text that no file may contain, and text that every manifest must contain.

use super::Source;

pub(super) fn check(sources: &[Source], problems: &mut Vec<String>) {
    for source in sources {
        let report = |line: usize, what: &str| format!("{}:{line}: {what}", source.path);
        for (line, text) in source.lines() {
            if source.is_rust() {
                problems.extend(unwanted(text).map(|what| report(line, what)));
            }
            if has_no_trailing_blanks(&source.path) && text.ends_with([' ', '\t']) {
                problems.push(report(line, "trailing spaces: remove them"));
            }
            if source.path != "Cargo.lock" && names_a_machine(text) {
                problems.push(report(line, "a path of one machine: use a relative one"));
            }
        }
        let is_member = source.text.contains("\nversion.workspace = true\n");
        if is_member && !source.text.contains("\n[lints]\nworkspace = true\n") {
            problems.push(report(1, "put `workspace = true` below `[lints]`"));
        }
    }
    if let Some(manifest) = sources.iter().find(|source| source.path == "Cargo.toml") {
        dependencies_have_reasons(manifest, problems);
    }
}

/// Every dependency has a comment that says what it serves.
fn dependencies_have_reasons(manifest: &Source, problems: &mut Vec<String>) {
    let below = manifest.lines().skip_while(|(_, line)| *line != "[workspace.dependencies]");
    let table = below.skip(1).take_while(|(_, line)| !line.starts_with('['));
    for (line, text) in table {
        let ours = text.contains("path = ");
        if text.contains(" = ") && !text.starts_with('#') && !ours && !text.contains(" # ") {
            problems.push(format!("Cargo.toml:{line}: say in a comment what it serves"));
        }
    }
}

fn unwanted(line: &str) -> Option<&'static str> {
    UNWANTED.iter().find(|(text, _)| line.contains(text)).map(|&(_, what)| what)
}

fn has_no_trailing_blanks(path: &str) -> bool {
    let kinds = [".rs", ".toml", ".md", ".sh", ".yml", ".yaml", ".ci/run", ".gitignore"];
    kinds.iter().any(|kind| path.ends_with(kind))
}

/// Whether the line contains an absolute path of a machine.
fn names_a_machine(line: &str) -> bool {
    MACHINE.iter().any(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            line[at + folder.len()..].starts_with(|next: char| next.is_ascii_lowercase())
        })
    })
}

// In two parts, so that this file is not a finding.
const MACHINE: [&str; 4] =
    [concat!("/tm", "p/"), concat!("/wor", "k/"), concat!("/roo", "t/"), concat!("/hom", "e/")];
const UNWANTED: [(&str, &str); 2] = [
    (concat!("#[ign", "ore"), "a test that does not run proves nothing: fix or delete it"),
    (
        concat!("eprintln!(\"left ", "out"),
        "the test harness captures `eprintln!`: write to `io::stderr()`",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::problems_of;
    use super::*;

    #[test]
    fn unwanted_lines_are_found() {
        let machine = format!("// see {}x/y", MACHINE[0]);
        let ignored = format!("{}]", UNWANTED[0].0);
        for (path, line, count) in [
            ("crates/a/src/a.rs", "let a = 1;", 0),
            ("crates/a/src/a.rs", "let a = 1; ", 1),
            ("crates/a/src/a.rs", machine.as_str(), 1),
            ("docs/a.md", machine.as_str(), 1),
            ("crates/a/src/a.rs", ignored.as_str(), 1),
            ("docs/a.md", ignored.as_str(), 0),
            ("crates/cli/tests/a.stdout", "column ", 0),
        ] {
            let found = problems_of(check, path, &format!("{line}\n"));
            assert_eq!(found.len(), count, "{path}: {line}");
        }
    }

    #[test]
    fn package_without_the_lints_of_the_workspace_is_found() {
        let bare = "[package]\nversion.workspace = true\n";
        let good = format!("{bare}\n[lints]\nworkspace = true\n");
        assert_eq!(problems_of(check, "crates/a/Cargo.toml", bare).len(), 1);
        assert!(problems_of(check, "crates/a/Cargo.toml", &good).is_empty());
    }

    #[test]
    fn dependency_without_a_comment_is_found() {
        let manifest = "\
[workspace.dependencies]
ours = { path = \"crates/ours\" }
# A heading.
good = \"1\" # RFC 1
bare = \"1\"

[profile.dev]
debug = \"line-tables-only\"
";
        let problems = problems_of(check, "Cargo.toml", manifest);
        assert_eq!(problems, ["Cargo.toml:5: say in a comment what it serves"]);
    }
}
