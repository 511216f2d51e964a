//! `cargo xtask test`: every test of the workspace, and what came of them in one line.

use std::process::{Command, ExitCode};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::tally::Tally;
use crate::{schedules, tasks};

pub(crate) fn test(sh: &Shell) -> Result<ExitCode> {
    let tally = tests(sh)?;
    println!("{tally}");
    Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the tests and says loudly which were left out; the caller prints the tally.
pub(crate) fn tests(sh: &Shell) -> Result<Tally> {
    tasks::test_keys(sh, &[])?;

    let mut tally = Tally::default();
    // The signing crate stands alone without its features, too.
    for which in [&["--workspace", "--all-features"][..], &["--package", "orgtoken-assertion"]] {
        let command = cmd!(sh, "cargo test --no-fail-fast {which...}").env("CANARY", "every");
        tally += Tally::of(Command::from(command))?;
    }
    tally += schedules::play(sh)?;
    report_left_out(&mut tally, std::env::var_os("CI").is_some_and(|ci| ci == "true"));
    Ok(tally)
}

/// What no tool was there for is passed over on a laptop and is a failure in the pipeline.
fn report_left_out(tally: &mut Tally, pipeline: bool) {
    if tally.left_out.is_empty() {
        return;
    }

    println!("\n!!! LEFT OUT, for want of a tool on this machine:");
    for what in &tally.left_out {
        println!("!!!   {what}");
    }
    if pipeline {
        println!("!!! CI=true makes each of them a failure: install the tools (see .ci/run)");
        tally.failed += tally.left_out.len();
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_left_out_fails_the_pipeline_only() {
        for (pipeline, failed) in [(false, 0), (true, 1)] {
            let mut tally =
                Tally { passed: 1, failed: 0, left_out: vec!["b needs redis".to_owned()] };
            report_left_out(&mut tally, pipeline);
            assert_eq!(tally.failed, failed, "CI={pipeline}");
        }
    }
}
