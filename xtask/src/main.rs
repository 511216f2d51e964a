//! Tasks of this repository: `cargo xtask` lists them.
//!
//! This crate depends on no crate of ours, so that it builds in seconds even when they do not
//! build. Heavy tasks are binaries of package `conformance`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks print to a terminal")]

mod bench;
mod book;
mod build;
mod ci;
mod crates;
mod dist;
mod foreign;
mod onify;
mod packages;
mod release;
mod schedules;
mod summary;
mod tasks;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};
use xshell::Shell;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    let sh = &Shell::new()?;
    sh.change_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match arguments {
        ["bench", rest @ ..] => bench::bench(sh, rest),
        ["book"] => book::book(sh),
        ["ci"] => ci::ci(sh),
        ["ci", "--release"] => ci::ci_release(sh),
        ["conformance", rest @ ..] => tasks::conformance(sh, rest),
        ["crates"] => crates::crates(sh),
        ["demo", rest @ ..] => tasks::start(sh, &["demo", "orgtoken"], rest),
        ["dist"] => dist::dist(sh),
        ["foreign"] => foreign::foreign(sh),
        ["foreign", "--bench", rows] => foreign::bench(sh, rows),
        ["onify"] => onify::onify(sh),
        ["packages"] => packages::packages(sh),
        ["recording"] => tasks::start(sh, &["recording", "orgtoken"], &["docs/recording.svg"]),
        ["reference"] => tasks::reference(sh),
        ["release", version] => release::release(sh, version, release::Mode::Publish),
        ["release", version, "--dry-run"] => release::release(sh, version, release::Mode::DryRun),
        ["refusals"] => tasks::refusals(sh),
        ["schedules"] => schedules::schedules(sh)?.conclude(),
        ["soak", rest @ ..] => tasks::soak(sh, rest),
        ["test", rest @ ..] => test::test(sh, rest),
        ["test-keys", rest @ ..] => tasks::test_keys(sh, rest),
        ["tidy"] => tidy::tidy(sh),
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            Ok(())
        }
        [task, ..] => bail!("no task `{task}`, or not with these arguments\n\n{HELP}"),
    }
}

const HELP: &str = "\
Usage: cargo xtask TASK

  demo [--keep]            run the main job, from key to record, on a fake org
  test [--without GROUPS]  run every test of the workspace, offline
  ci                       run the checks of the pipeline
  ci --release             run what takes longer: features, other clients, crates, packages
  tidy                     check the rules of this repository that no other tool checks
  conformance [WORD]       run the integration tests whose names contain a word
  foreign                  run sf, jsforce and simple-salesforce on the fake org
  foreign --bench ROWS     measure bulk jobs of sf, simple-salesforce and this program
  onify                    run the Onify blueprint on its engine, with Node
  bench [--runs N]         measure each budget and its reference, in a release build
  schedules                run callers of a token source in thousands of orders
  soak [--kills N]         kill writers of the cache; put every secret into every argument
  crates                   package the crates, and use each from its packaged files
  dist                     make the files of a release in target/dist
  packages                 install the files of target/dist in clean systems, and use them
  release VERSION          make a release: check, tag, build and publish; see docs/how-to/release.md
      [--dry-run]          do the same in a clone, and publish nothing
  test-keys [--out DIR]    create the keys that tests read, with the expected results
  book                     build the book in docs/ into target/book
  recording                record setup, doctor and query into docs/recording.svg
  reference                write the tables in docs/reference/commands.md and settings.md
  refusals                 write docs/reference/refusals.md from the catalogue of refusals
";
