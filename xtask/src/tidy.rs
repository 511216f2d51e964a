//! `cargo xtask tidy`: rules of this repository that no other tool checks.

mod docs;
mod graph;
mod secrets;
mod text;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

pub(crate) fn tidy(sh: &Shell) -> Result<()> {
    let sources = sources(sh)?;
    let mut problems = Vec::new();
    text::check(&sources, &mut problems);
    docs::check(&sources, &mut problems);
    secrets::check(&sources, &mut problems);
    graph::check(sh, &mut problems)?;

    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        println!("{problem}");
    }
    bail!("{} problems", problems.len())
}

/// A text file of this repository.
struct Source {
    /// The path from the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        let mut folders = self.path.split('/');
        let name = folders.next_back().unwrap_or_default();
        // `tests/src` has the fixture and programs, which are not test code.
        let folder = folders.skip(1).any(|name| matches!(name, "tests" | "testdata" | "fuzz"));
        folder || matches!(name, "tests.rs" | "test.rs") || name.ends_with("_tests.rs")
    }

    /// Returns the code before its tests.
    fn code(&self) -> &str {
        let mut end = 0;
        for line in self.text.split_inclusive('\n') {
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            end += line.len();
        }
        &self.text[..end]
    }

    /// Returns its lines, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// Returns every text file that Git tracks or would add.
fn sources(sh: &Shell) -> Result<Vec<Source>> {
    let list = cmd!(sh, "git ls-files --cached --others --exclude-standard").quiet().read()?;
    let mut sources = Vec::new();
    for path in list.lines() {
        // Deleted files are still listed, and binary files are not text.
        if let Ok(text) = sh.read_file(path) {
            sources.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(sources)
}

#[cfg(test)]
fn sample(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// Returns the problems of one sample file.
#[cfg(test)]
fn problems_of(rule: fn(&[Source], &mut Vec<String>), path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    rule(&[sample(path, text)], &mut problems);
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_before_the_tests() {
        let source = sample("a.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {}\n");
        assert_eq!(source.code(), "fn a() {}\n\n");
    }

    #[test]
    fn test_files_are_recognised_by_their_path() {
        for (path, test) in [
            ("crates/oauth/src/token.rs", false),
            ("crates/oauth/src/token/tests.rs", true),
            ("crates/cli/tests/cli.rs", true),
            ("tests/src/bin/demo.rs", false),
            ("tests/tests/secrecy.rs", true),
            ("xtask/src/test_keys.rs", false),
        ] {
            assert_eq!(sample(path, "").is_test(), test, "{path}");
        }
    }
}
