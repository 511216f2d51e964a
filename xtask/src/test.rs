//! `cargo xtask test`: every test of the workspace, and the results in one line.

use std::process::Command;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::schedules;
use crate::summary::{Summary, is_pipeline};

/// Runs all tests, or all but those of some groups: `--without strace,many-processes`.
pub(crate) fn test(sh: &Shell, arguments: &[&str]) -> Result<()> {
    let _without = match arguments {
        [] => None,
        ["--without", groups] => Some(sh.push_env("ORGTOKEN_TEST_WITHOUT", groups)),
        _ => bail!("the only argument of test is `--without GROUPS`"),
    };
    tests(sh)?.conclude()
}

/// Runs the tests and lists those that were left out. The caller prints the summary.
pub(crate) fn tests(sh: &Shell) -> Result<Summary> {
    let mut summary = Summary::default();
    // Tests the signing crate without its features as well.
    for which in [&["--workspace", "--all-features"][..], &["--package", "orgtoken-assertion"]] {
        let command = cmd!(sh, "cargo test --no-fail-fast {which...}").env("CANARY", "every");
        summary += Summary::of(Command::from(command))?;
    }
    summary += schedules::schedules(sh)?;
    report_left_out(&mut summary, is_pipeline());
    Ok(summary)
}

/// Lists the tests that were left out. In the pipeline each of them is a failure.
fn report_left_out(summary: &mut Summary, pipeline: bool) {
    if summary.left_out.is_empty() {
        return;
    }

    println!("\nleft out:");
    for what in &summary.left_out {
        println!("  {what}");
    }
    if pipeline {
        println!("CI=true makes each of them a failure: install the tools, see .ci/run");
        summary.failed += summary.left_out.len();
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_out_test_fails_the_pipeline_only() {
        for (pipeline, failed) in [(false, 0), (true, 1)] {
            let mut summary =
                Summary { passed: 1, failed: 0, left_out: vec!["b needs redis".to_owned()] };
            report_left_out(&mut summary, pipeline);
            assert_eq!(summary.failed, failed, "CI={pipeline}");
        }
    }
}
