//! The notes of a release: a section of CHANGELOG.md.

use anyhow::{Context, Result};
use xshell::Shell;

/// Returns the section of this version, or else that of the changes since the last release.
pub(super) fn notes(sh: &Shell, version: &str) -> Result<String> {
    let changelog = sh.read_file("CHANGELOG.md")?;
    let section = section(&changelog, version).or_else(|| section(&changelog, "Unreleased"));
    let section = section.with_context(|| format!("CHANGELOG.md has no section {version}"))?;
    Ok(format!("# orgtoken {version}\n\n{section}\n"))
}

/// Returns the text below the heading `## NAME` or `## NAME - DATE`.
pub(crate) fn section<'a>(changelog: &'a str, name: &str) -> Option<&'a str> {
    let mut sections = changelog.split("\n## ").skip(1);
    sections.find_map(|section| {
        let (heading, text) = section.split_once('\n')?;
        (heading.split(' ').next() == Some(name)).then(|| text.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn section_ends_at_the_next_version() {
        let changelog =
            "# Changelog\n\n## Unreleased\n\n### Added\n\n- a\n\n## 0.1.0 - 2026-11-29\n\n- b\n";
        assert_eq!(section(changelog, "Unreleased"), Some("### Added\n\n- a"));
        assert_eq!(section(changelog, "0.1.0"), Some("- b"));
        assert_eq!(section(changelog, "0.1"), None);
    }
}
