//! Cases with names, and how many of them passed.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;

/// Runs cases one after the other and prints each by its name.
#[derive(Debug)]
pub struct Cases {
    words: Vec<String>,
    passed: usize,
    failed: Vec<String>,
}

impl Cases {
    /// Of all cases those whose name holds one of `words`; all of them if there is none.
    pub fn new(words: Vec<String>) -> Self {
        Self { words, passed: 0, failed: Vec::new() }
    }

    /// Runs a case, if it was asked for.
    pub fn case(&mut self, name: &str, check: impl FnOnce() -> Result<()>) {
        if !self.words.is_empty() && !self.words.iter().any(|word| name.contains(word)) {
            return;
        }
        let line = match check() {
            Ok(()) => {
                self.passed += 1;
                format!("ok      {name}")
            }
            Err(error) => {
                let line = format!("FAILED  {name}: {error:#}");
                self.failed.push(line.clone());
                line
            }
        };
        say(&line);
    }

    /// Says once more what failed, and ends on `N passed, N failed`.
    pub fn end(self) -> ExitCode {
        say("");
        for line in &self.failed {
            say(line);
        }
        say(&format!("{} passed, {} failed", self.passed, self.failed.len()));
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn say(line: &str) {
    // If standard output is gone, the exit code still tells.
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_choose_cases() {
        let mut cases = Cases::new(vec!["A53".into()]);
        cases.case("A53 certificate", || Ok(()));
        cases.case("A54 public key", || anyhow::bail!("is not run"));
        assert_eq!((cases.passed, cases.failed.len()), (1, 0));
    }
}
