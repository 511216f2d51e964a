//! `cargo xtask ci`: the checks of the pipeline.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::summary::Summary;
use crate::{book, build, onify, tasks, test, tidy};

pub(crate) fn ci(sh: &Shell) -> Result<ExitCode> {
    let started = Instant::now();
    let mut summary = Summary::default();
    for step in STEPS {
        println!("\n== {}", step.name);
        let began = Instant::now();
        let outcome = (step.run)(sh, &mut summary);
        let took = began.elapsed().as_secs();
        if let Err(error) = outcome {
            eprintln!("error: step {} after {took} s: {error:#}", step.name);
            eprintln!("hint: {}", step.remedy);
            summary.failed = summary.failed.max(1);
            println!("{summary}");
            return Ok(ExitCode::FAILURE);
        }
        println!("== {}: {took} s", step.name);
    }
    println!("\nevery step passed in {} s", started.elapsed().as_secs());
    println!("{summary}");
    Ok(ExitCode::SUCCESS)
}

struct Step {
    name: &'static str,
    run: fn(&Shell, &mut Summary) -> Result<()>,
    remedy: &'static str,
}

// Cheap steps first.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt, remedy: "run `cargo fmt --all`" },
    Step { name: "tidy", run: tidy, remedy: "each line above says what to change" },
    Step { name: "deny", run: deny, remedy: "`deny.toml` says what is refused and why" },
    Step {
        name: "clippy",
        run: clippy,
        remedy: "fix each warning, or `#[expect]` it with a reason",
    },
    Step { name: "test", run: tests, remedy: "`cargo test -p PACKAGE NAME` runs one of them" },
    Step { name: "fuzz", run: fuzz, remedy: "add the input to `fuzz/corpus`, and fix the parser" },
    Step {
        name: "doc",
        run: doc,
        remedy: "run `cargo doc --workspace --no-deps` and fix the links",
    },
    Step { name: "book", run: book, remedy: "`cargo xtask book` builds it alone" },
    Step {
        name: "onify",
        run: blueprint,
        remedy: "`node --test FILE` in tests/onify runs one file of it",
    },
    Step {
        name: "standalone",
        run: standalone,
        remedy: "orgtoken-assertion must not need other crates of ours",
    },
    Step {
        name: "refusals",
        run: refusals,
        remedy: "change the catalogue, not docs/reference/refusals.md",
    },
    Step {
        name: "git diff",
        run: clean,
        remedy: "commit the changed files, or fix the test that writes them",
    },
];

/// Compiles the targets of cargo-fuzz, and mutates the corpus of each parser for ten seconds.
fn fuzz(sh: &Shell, _: &mut Summary) -> Result<()> {
    // The targets are a workspace of their own, which gets the versions of this one.
    sh.copy_file("Cargo.lock", "fuzz/Cargo.lock")?;
    let out = build::target_folder(sh)?.join("fuzz");
    cmd!(sh, "cargo check --manifest-path fuzz/Cargo.toml --bins --target-dir {out}").run()?;
    let test =
        cmd!(sh, "cargo test --locked --workspace --all-features --test fuzz -- --nocapture");
    Ok(test.env("ORGTOKEN_FUZZ_SECONDS", "10").run()?)
}

fn fmt(sh: &Shell, _: &mut Summary) -> Result<()> {
    Ok(cmd!(sh, "cargo fmt --all --check").run()?)
}

fn tidy(sh: &Shell, _: &mut Summary) -> Result<()> {
    tidy::check(sh)
}

/// Checks crates, licences and sources if cargo-deny is installed. Advisories need a network: run
/// `cargo deny check` before a release.
fn deny(sh: &Shell, _: &mut Summary) -> Result<()> {
    if cmd!(sh, "cargo deny --version").quiet().ignore_stderr().read().is_err() {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    Ok(cmd!(sh, "cargo deny check bans licenses sources").run()?)
}

fn clippy(sh: &Shell, _: &mut Summary) -> Result<()> {
    let deny = ["--", "--deny", "warnings"];
    cmd!(sh, "cargo clippy --workspace --all-targets --all-features {deny...}").run()?;
    // Checks the crates without their features as well.
    cmd!(sh, "cargo clippy --package orgtoken-assertion {deny...}").run()?;
    let alone = ["--package", "orgtoken-fake-org", "--no-default-features"];
    Ok(cmd!(sh, "cargo clippy {alone...} {deny...}").run()?)
}

fn tests(sh: &Shell, summary: &mut Summary) -> Result<()> {
    *summary = test::tests(sh)?;
    ensure!(summary.is_good(), "{summary}");
    Ok(())
}

fn doc(sh: &Shell, _: &mut Summary) -> Result<()> {
    let _flags = sh.push_env("RUSTDOCFLAGS", "--deny warnings");
    Ok(cmd!(sh, "cargo doc --workspace --all-features --no-deps").run()?)
}

fn book(sh: &Shell, _: &mut Summary) -> Result<()> {
    book::run(sh)
}

fn blueprint(sh: &Shell, _: &mut Summary) -> Result<()> {
    onify::run(sh)
}

/// Runs a project outside the workspace that depends on the signing crate only.
fn standalone(sh: &Shell, _: &mut Summary) -> Result<()> {
    let manifest = ["--manifest-path", "tests/standalone/Cargo.toml", "--locked"];
    let keys = build::target_folder(sh)?.join("test-keys");
    let key = keys.join("test-only-pkcs-8-pem-2048-bits.pem");
    let body =
        cmd!(sh, "cargo run --quiet {manifest...} -- {key} client-id user@acme.com").read()?;
    ensure!(body.contains("&assertion=eyJ"), "no assertion in the output");
    Ok(())
}

/// Writes the page again. The last step fails if that changed it.
fn refusals(sh: &Shell, _: &mut Summary) -> Result<()> {
    tasks::refusals(sh).map(drop)
}

fn clean(sh: &Shell, _: &mut Summary) -> Result<()> {
    cmd!(sh, "git diff --exit-code --stat").run().context("tracked files changed")
}
