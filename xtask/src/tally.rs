//! What came of the tests, read from what they print.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// How many passed, how many did not, and which were left out for want of a tool.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) left_out: Vec<String>,
}

impl Tally {
    /// Runs `command`, shows what it prints as it comes, and counts. A command that ends badly
    /// without a failed test (it did not build, say) counts as one failure.
    pub(crate) fn of(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let stderr = child.stderr.take().context("standard error is piped")?;

        let beside = std::thread::spawn(move || Self::read(stderr, io::stderr()));
        let mut tally = Self::read(stdout, io::stdout())?;
        tally += beside.join().expect("the reader does not panic")?;
        if !child.wait()?.success() && tally.failed == 0 {
            tally.failed = 1;
        }
        Ok(tally)
    }

    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// Copies `from` to `to` and counts on the way.
    fn read(from: impl Read, mut to: impl Write) -> Result<Self> {
        let mut tally = Self::default();
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? != 0 {
            to.write_all(&line)?;
            tally.line(String::from_utf8_lossy(&line).trim());
            line.clear();
        }
        Ok(tally)
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

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.left_out.extend(other.left_out);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number before `word`: `ok. 3 passed; 0 failed; …`.
fn count(result: &str, word: &str) -> usize {
    let before = result.split(word).next().unwrap_or_default().trim_end();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A test that cannot run writes this, what it is and what it needs straight to standard error
/// (the test harness keeps what `eprintln!` prints): `left out: sealed_in_redis needs redis`.
const LEFT_OUT: &str = "left out: ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up_and_what_was_left_out_is_kept() {
        let printed = "\
test a ... ok
test b ... left out: b needs redis
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 40 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out
";
        let mut copy = Vec::new();
        let tally = Tally::read(printed.as_bytes(), &mut copy).unwrap();
        assert_eq!(copy, printed.as_bytes());
        assert_eq!(tally.to_string(), "42 passed, 3 failed");
        assert_eq!(tally.left_out, ["b needs redis"]);
    }

    #[test]
    fn a_command_that_ends_badly_is_a_failure() {
        let tally = Tally::of(Command::new("false")).unwrap();
        assert_eq!(tally.to_string(), "0 passed, 1 failed");
    }
}
