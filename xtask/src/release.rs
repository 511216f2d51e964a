//! `cargo xtask release VERSION`: checks, tags, builds and publishes a release.

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::build::{self, PUBLISHED};
use crate::dist::section;
use crate::tools::tool;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Publish,
    DryRun,
}

/// Makes the release in a clone, so that it contains nothing that is only in this checkout. Until
/// every check has passed, nothing here is changed.
pub(crate) fn release(sh: &Shell, version: &str, mode: Mode) -> Result<()> {
    ensure!(is_version(version), "`{version}` is not a version such as 1.2.3");
    let changes = cmd!(sh, "git status --porcelain").quiet().read()?;
    ensure!(changes.is_empty(), "commit or remove these changes first:\n{changes}");
    let tag = format!("v{version}");
    let exists = cmd!(sh, "git tag --list {tag}").quiet().read()?;
    ensure!(exists.is_empty(), "the tag {tag} exists: choose another version");
    let manifest = sh.read_file("Cargo.toml")?;
    if manifest.contains("https://example.com/") {
        ensure!(
            mode == Mode::DryRun,
            "Cargo.toml: put the address of the repository in place of the placeholder"
        );
        println!("before a real release: put the address of the repository into Cargo.toml");
    }
    let previous = cmd!(sh, "git describe --tags --abbrev=0 --match v*").quiet().ignore_stderr();
    let previous = previous.read().ok();

    let clone = build::target_folder(sh)?.join("releases").join(version);
    sh.remove_path(&clone)?;
    let repository = sh.current_dir();
    cmd!(sh, "git clone --quiet {repository} {clone}").run()?;
    let files = {
        let _folder = sh.push_dir(&clone);
        prepare(sh, version)?;
        cmd!(sh, "git commit --quiet --all --message").arg(format!("release {version}")).run()?;
        cmd!(sh, "git tag --annotate {tag} --message").arg(format!("orgtoken {version}")).run()?;
        if let Some(previous) = previous {
            semver(sh, &previous)?;
        }
        // The tasks of the clone, not of this checkout.
        for checks in [&["ci"][..], &["ci", "--release"]] {
            cmd!(sh, "cargo xtask {checks...}").run()?;
        }
        // `CARGO_TARGET_DIR` may name another folder than `target`.
        build::target_folder(sh)?.join("dist")
    };
    println!("\nthe files of the release are in {}", files.display());
    if mode == Mode::DryRun {
        println!("nothing is published, and this checkout is as it was");
        return Ok(());
    }
    cmd!(sh, "git pull --quiet --ff-only --tags {clone}").run()?;
    cmd!(sh, "cargo publish --locked {PUBLISHED...}").run()?;
    println!("now run `git push --follow-tags`, and upload the files with RELEASE-NOTES.md");
    Ok(())
}

/// Writes the version into the manifests, the lock file and the changelog.
fn prepare(sh: &Shell, version: &str) -> Result<()> {
    let manifest = sh.read_file("Cargo.toml")?;
    sh.write_file("Cargo.toml", with_version(&manifest, version)?)?;
    let stranger = "tests/stranger/Cargo.toml";
    let text = sh.read_file(stranger)?;
    sh.write_file(stranger, with_requirements(&text, version))?;
    cmd!(sh, "cargo update --quiet --workspace --offline").run()?;

    let changelog = sh.read_file("CHANGELOG.md")?;
    let day = cmd!(sh, "date --utc +%Y-%m-%d").quiet().read()?;
    Ok(sh.write_file("CHANGELOG.md", with_section(&changelog, version, &day)?)?)
}

/// Checks that the interface of no library has changed more than the version says.
fn semver(sh: &Shell, previous: &str) -> Result<()> {
    let checks = tool(sh, "cargo-semver-checks")?;
    Ok(cmd!(sh, "{checks} semver-checks --baseline-rev {previous} {PUBLISHED...}").run()?)
}

fn is_version(text: &str) -> bool {
    let numbers: Vec<_> = text.split('.').collect();
    let is_number = |number: &&str| number.parse::<u32>().is_ok_and(|n| n.to_string() == **number);
    numbers.len() == 3 && numbers.iter().all(is_number)
}

/// Sets the version of the workspace and of its members in `[workspace.dependencies]`.
fn with_version(manifest: &str, version: &str) -> Result<String> {
    let (before, after) = manifest.split_once("\nversion = \"").context("a version")?;
    let (_, after) = after.split_once('"').context("the version ends")?;
    Ok(with_requirements(&format!("{before}\nversion = \"{version}\"{after}"), version))
}

/// Sets the version in each line about a crate of ours.
fn with_requirements(manifest: &str, version: &str) -> String {
    let line = |line: &str| {
        // `version = "…"` in a table, or the requirement alone.
        let before = if line.contains("version = \"") { "version = \"" } else { " = \"" };
        let at = line.find(before).filter(|_| line.starts_with("orgtoken-"));
        let at = at.map(|at| at + before.len());
        let end = at.and_then(|at| Some(at + line[at..].find('"')?));
        match (at, end) {
            (Some(at), Some(end)) => format!("{}{version}{}\n", &line[..at], &line[end..]),
            _ => format!("{line}\n"),
        }
    };
    manifest.lines().map(line).collect()
}

/// Gives the unreleased changes the version and the day.
fn with_section(changelog: &str, version: &str, day: &str) -> Result<String> {
    if section(changelog, "Unreleased").is_none_or(str::is_empty) {
        bail!("CHANGELOG.md has no changes under `## Unreleased`");
    }
    let heading = format!("## Unreleased\n\n## {version} - {day}\n");
    Ok(changelog.replacen("## Unreleased\n", &heading, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_set_in_every_place() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
            orgtoken-rest = { path = \"crates/rest\", version = \"0.1.0\" }\nserde = \"1.0.229\"\n";
        let expected = manifest.replace("0.1.0", "0.2.0");
        assert_eq!(with_version(manifest, "0.2.0").unwrap(), expected);
        assert_eq!(
            with_requirements("orgtoken-rest = \"0.1.0\"\n", "0.2.0"),
            "orgtoken-rest = \"0.2.0\"\n"
        );
    }

    #[test]
    fn only_three_numbers_are_a_version() {
        for (text, is) in [
            ("0.2.0", true),
            ("v0.2.0", false),
            ("0.2", false),
            ("0.2.0-rc.1", false),
            ("0.02.0", false),
        ] {
            assert_eq!(is_version(text), is, "{text}");
        }
    }

    #[test]
    fn changes_get_a_heading() {
        let changelog = "# Changelog\n\n## Unreleased\n\n- a\n";
        let dated = with_section(changelog, "0.2.0", "2026-11-29").unwrap();
        assert_eq!(dated, "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-11-29\n\n- a\n");
        assert!(with_section(&dated, "0.2.1", "2026-11-30").is_err());
    }
}
