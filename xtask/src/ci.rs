//! `cargo xtask ci`: what the pipeline runs. Green here means green there.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::tally::Tally;
use crate::{build, onify, tasks, test, tidy};

pub(crate) fn ci(sh: &Shell) -> Result<ExitCode> {
    let started = Instant::now();
    let mut tally = Tally::default();
    for step in STEPS {
        println!("\n== {}", step.name);
        let began = Instant::now();
        let outcome = (step.run)(sh, &mut tally);
        let took = began.elapsed().as_secs();
        if let Err(error) = outcome {
            eprintln!("error: step {} after {took} s: {error:#}", step.name);
            eprintln!("hint: {}", step.remedy);
            tally.failed = tally.failed.max(1);
            println!("{tally}");
            return Ok(ExitCode::FAILURE);
        }
        println!("== {}: {took} s", step.name);
    }
    println!("\nevery step passed in {} s", started.elapsed().as_secs());
    println!("{tally}");
    Ok(ExitCode::SUCCESS)
}

struct Step {
    name: &'static str,
    run: fn(&Shell, &mut Tally) -> Result<()>,
    remedy: &'static str,
}

// Cheap ones first: what is wrong is known early.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt, remedy: "run `cargo fmt --all`" },
    Step { name: "tidy", run: tidy, remedy: "each line above says what to change" },
    Step { name: "deny", run: deny, remedy: "`deny.toml` says what is refused and why" },
    Step {
        name: "clippy",
        run: clippy,
        remedy: "mend each warning, or `#[expect]` it with a reason",
    },
    Step { name: "test", run: tests, remedy: "`cargo test -p PACKAGE NAME` runs one of them" },
    Step { name: "fuzz", run: fuzz, remedy: "add the input to `fuzz/corpus`, and fix the parser" },
    Step {
        name: "doc",
        run: doc,
        remedy: "run `cargo doc --workspace --no-deps` and mend the links",
    },
    Step {
        name: "onify",
        run: blueprint,
        remedy: "`node --test FILE` in tests/onify runs one file of it",
    },
    Step { name: "standalone", run: standalone, remedy: "orgtoken-assertion must stand alone" },
    Step { name: "refusals", run: refusals, remedy: "mend the catalogue, never docs/refusals.md" },
    Step {
        name: "git diff",
        run: clean,
        remedy: "commit what the steps changed, or mend the test that writes",
    },
];

/// Ten seconds for each parser, on top of what the test does in every run.
fn fuzz(sh: &Shell, _: &mut Tally) -> Result<()> {
    let test = cmd!(sh, "cargo test --locked --package conformance --test fuzz -- --nocapture");
    Ok(test.env("ORGTOKEN_FUZZ_SECONDS", "10").run()?)
}

fn fmt(sh: &Shell, _: &mut Tally) -> Result<()> {
    Ok(cmd!(sh, "cargo fmt --all --check").run()?)
}

fn tidy(sh: &Shell, _: &mut Tally) -> Result<()> {
    tidy::check(sh)
}

/// Crates, licences and sources, where cargo-deny is installed. Advisories have to be fetched: who releases runs
/// `cargo deny check`.
fn deny(sh: &Shell, _: &mut Tally) -> Result<()> {
    if cmd!(sh, "cargo deny --version").quiet().ignore_stderr().read().is_err() {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    Ok(cmd!(sh, "cargo deny check bans licenses sources").run()?)
}

fn clippy(sh: &Shell, _: &mut Tally) -> Result<()> {
    let deny = ["--", "--deny", "warnings"];
    cmd!(sh, "cargo clippy --workspace --all-targets --all-features {deny...}").run()?;
    // A user of these crates may take them without features, and sees their warnings.
    cmd!(sh, "cargo clippy --package orgtoken-assertion {deny...}").run()?;
    let alone = ["--package", "orgtoken-fake-org", "--no-default-features"];
    Ok(cmd!(sh, "cargo clippy {alone...} {deny...}").run()?)
}

fn tests(sh: &Shell, tally: &mut Tally) -> Result<()> {
    *tally = test::tests(sh)?;
    ensure!(tally.is_good(), "{tally}");
    Ok(())
}

fn doc(sh: &Shell, _: &mut Tally) -> Result<()> {
    let _flags = sh.push_env("RUSTDOCFLAGS", "--deny warnings");
    Ok(cmd!(sh, "cargo doc --workspace --all-features --no-deps").run()?)
}

fn blueprint(sh: &Shell, _: &mut Tally) -> Result<()> {
    onify::run(sh)
}

/// A stranger's project that depends on the signing crate alone: it signs.
fn standalone(sh: &Shell, _: &mut Tally) -> Result<()> {
    let manifest = ["--manifest-path", "tests/standalone/Cargo.toml", "--locked"];
    let keys = build::target_folder(sh)?.join("test-keys");
    let key = keys.join("test-only-pkcs-8-pem-2048-bits.pem");
    let body =
        cmd!(sh, "cargo run --quiet {manifest...} -- {key} client-id user@acme.com").read()?;
    ensure!(body.contains("&assertion=eyJ"), "it prints no assertion");
    Ok(())
}

/// Written anew; the last step sees whether that changed the page.
fn refusals(sh: &Shell, _: &mut Tally) -> Result<()> {
    tasks::refusals(sh).map(drop)
}

fn clean(sh: &Shell, _: &mut Tally) -> Result<()> {
    cmd!(sh, "git diff --exit-code --stat").run().context("tracked files changed")
}
