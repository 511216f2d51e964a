//! Tasks of this repository: `cargo xtask` lists them.
//!
//! This crate depends on no crate of ours, so that it builds in seconds and can say what is wrong
//! with them; heavy tasks are binaries of package `conformance` that it starts.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to a person")]

mod bench;
mod build;
mod ci;
mod dist;
mod onify;
mod schedules;
mod tally;
mod tasks;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use xshell::Shell;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let sh = Shell::new()?;
    sh.change_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["bench", rest @ ..] => bench::bench(&sh, rest),
        ["ci"] => ci::ci(&sh),
        ["conformance", rest @ ..] => tasks::conformance(&sh, rest),
        ["demo", rest @ ..] => tasks::start(&sh, &["demo", "orgtoken"], rest),
        ["dist"] => dist::dist(&sh),
        ["onify"] => onify::onify(&sh),
        ["refusals"] => tasks::refusals(&sh),
        ["schedules"] => schedules::schedules(&sh),
        ["soak", rest @ ..] => tasks::soak(&sh, rest),
        ["test"] => test::test(&sh),
        ["test-keys", rest @ ..] => tasks::test_keys(&sh, rest),
        ["tidy"] => tidy::tidy(&sh),
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        [task, ..] => {
            eprint!("error: no task `{task}`, or not with these arguments\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}

const HELP: &str = "\
Usage: cargo xtask TASK

  demo [--keep]          the main job from key to record, on an org that fits on a laptop
  test                   every test of the workspace, offline
  ci                     what the pipeline runs: format, lints, tests, docs, conformance, tidy
  tidy                   the rules of this repository: sizes, crate graph, row ids, links, text
  conformance [WORD]     the crates and the program against the fake org, case by case
  onify                  the Onify blueprint on its engine, with Node
  bench [--runs N]       the budgets, each beside its reference, in a release build
  schedules              callers of one token source, in thousands of orders
  soak [--kills N]       kill -9 at random moments of a cache write; every secret in every argument
  dist                   the program as one static file
  test-keys [--out DIR]  the table of keys that tests read, with what must come of each
  refusals               writes docs/refusals.md anew from the catalogue of refusals
";
