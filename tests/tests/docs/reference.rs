//! The generated parts of `docs/reference` are current. `cargo xtask reference` writes them.

mod commands;
mod settings;

use std::path::{Path, PathBuf};

use snapbox::assert::Action;
use snapbox::{Assert, Data};

#[test]
fn commands_are_current() {
    assert_current("commands.md", &[("commands", commands::page())]);
}

#[test]
fn settings_are_current() {
    assert_current(
        "settings.md",
        &[
            ("profile", settings::profile()),
            ("variables", settings::variables()),
            ("record", settings::record()),
        ],
    );
}

#[test]
fn every_other_variable_is_listed() {
    let page = read("settings.md");
    let (_, section) = page.split_once("## Other variables").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let listed = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let mut listed: Vec<&str> = listed.flat_map(|names| names.split("`, `")).collect();
    listed.iter_mut().for_each(|name| *name = name.trim_end_matches('`'));
    let of_settings = settings::all_variables();
    let mut read: Vec<String> = orgtoken::variables();
    read.retain(|name| !of_settings.contains(name));
    listed.sort_unstable();
    read.sort_unstable();
    assert_eq!(listed, read);
}

/// Compares the parts between `<!-- generated: NAME -->` and `<!-- end -->`, or writes them if
/// `SNAPSHOTS=overwrite`.
fn assert_current(name: &str, parts: &[(&str, String)]) {
    let mut page = read(name);
    for (part, text) in parts {
        let start = format!("<!-- generated: {part} -->\n");
        let (before, rest) = page.split_once(&start).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        page = format!("{before}{start}\n{}\n\n{END}{after}", text.trim());
    }
    let action = match std::env::var("SNAPSHOTS").as_deref() {
        Ok("overwrite") => Action::Overwrite,
        _ => Action::Verify,
    };
    Assert::new().action(action).eq(page, Data::read_from(&path(name), None).raw());
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference")).join(name)
}

/// Returns a row of a table.
fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Returns the head of a table.
fn head(cells: &[&str]) -> String {
    format!("{}|{}\n", row(cells), "---|".repeat(cells.len()))
}

/// Returns names as code, separated by commas.
fn code<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

const END: &str = "<!-- end -->";
