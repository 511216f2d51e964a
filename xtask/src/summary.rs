//! The results of tests, read from their output.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The number of tests that passed and failed, and the tests that were left out.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) left_out: Vec<String>,
}

impl Summary {
    /// Runs `command`, copies its output and counts its tests. A command that fails without a
    /// failed test, for example because it does not build, counts as one failure.
    pub(crate) fn of(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let stderr = child.stderr.take().context("standard error is piped")?;

        let beside = std::thread::spawn(move || Self::read(stderr, io::stderr()));
        let mut summary = Self::read(stdout, io::stdout())?;
        summary += beside.join().expect("the reader does not panic")?;
        if !child.wait()?.success() && summary.failed == 0 {
            summary.failed = 1;
        }
        Ok(summary)
    }

    /// Prints the line that a task of tests ends with. It is an error if a test failed.
    pub(crate) fn conclude(&self) -> Result<()> {
        println!("{self}");
        ensure!(self.failed == 0, "a test failed");
        Ok(())
    }

    /// Copies `from` to `to` and counts the tests.
    fn read(from: impl Read, mut to: impl Write) -> Result<Self> {
        let mut summary = Self::default();
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? != 0 {
            to.write_all(&line)?;
            summary.line(String::from_utf8_lossy(&line).trim());
            line.clear();
        }
        Ok(summary)
    }

    fn line(&mut self, line: &str) {
        if let Some((_, what)) = line.split_once(LEFT_OUT) {
            self.left_out.push(what.to_owned());
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
        }
    }
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.left_out.extend(other.left_out);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Reports a task that cannot run here, which is a failure in the pipeline.
pub(crate) fn leave_out(task: &str, reason: &str) -> Result<()> {
    println!("\nleft out:\n  {task}: {reason}\n");
    ensure!(!is_pipeline(), "CI=true makes it a failure: {reason}");
    Ok(())
}

pub(crate) fn is_pipeline() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

/// Returns the number before `word` in `ok. 3 passed; 0 failed; …`.
fn count(result: &str, word: &str) -> usize {
    let before = result.split(word).next().unwrap_or_default().trim_end();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A test that is left out writes this to standard error: `left out: sealed_in_redis needs redis`.
const LEFT_OUT: &str = "left out: ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_and_left_out_tests_are_listed() {
        let printed = "\
test a ... ok
test b ... left out: b needs redis
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 40 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out
";
        let mut copy = Vec::new();
        let summary = Summary::read(printed.as_bytes(), &mut copy).unwrap();
        assert_eq!(copy, printed.as_bytes());
        assert_eq!(summary.to_string(), "42 passed, 3 failed");
        assert_eq!(summary.left_out, ["b needs redis"]);
    }

    #[test]
    fn failed_command_is_a_failure() {
        let summary = Summary::of(Command::new("false")).unwrap();
        assert_eq!(summary.to_string(), "0 passed, 1 failed");
    }
}
