//! `cargo xtask ci`: the checks of the pipeline.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::build::PUBLISHED;
use crate::summary::Summary;
use crate::tools::tool;
use crate::{book, build, crates, dist, foreign, onify, packages, tasks, test, tidy};

/// Runs the steps that each change has to pass.
pub(crate) fn ci(sh: &Shell) -> Result<()> {
    let mut summary = Summary::default();
    let outcome = steps(sh, STEPS, &mut summary);
    if outcome.is_err() {
        summary.failed = summary.failed.max(1);
    }
    println!("{summary}");
    outcome
}

/// Runs the steps that take longer than a pipeline may, and that a release has to pass as well.
pub(crate) fn ci_release(sh: &Shell) -> Result<()> {
    steps(sh, RELEASE_STEPS, &mut Summary::default())
}

fn steps(sh: &Shell, steps: &[Step], summary: &mut Summary) -> Result<()> {
    let started = Instant::now();
    for (name, run, remedy) in steps {
        println!("\n== {name}");
        let began = Instant::now();
        let outcome = run(sh, summary);
        let took = began.elapsed().as_secs();
        if let Err(error) = outcome {
            eprintln!("error: step {name} after {took} s: {error:#}");
            eprintln!("hint: {remedy}");
            bail!("a step failed");
        }
        println!("== {name}: {took} s");
    }
    println!("\nevery step passed in {} s", started.elapsed().as_secs());
    Ok(())
}

/// The name of a step, its work, and what to do when it fails.
type Step = (&'static str, fn(&Shell, &mut Summary) -> Result<()>, &'static str);

// Cheap steps first.
const STEPS: &[Step] = &[
    ("fmt", fmt, "run `cargo fmt --all`"),
    ("tidy", |sh, _| tidy::tidy(sh), "each line above says what to change"),
    ("deny", deny, "`deny.toml` says what is refused and why"),
    ("clippy", clippy, "fix each warning, or `#[expect]` it with a reason"),
    ("test", tests, "`cargo test -p PACKAGE NAME` runs one of them"),
    ("fuzz", fuzz, "add the input to `fuzz/corpus`, and fix the parser"),
    ("doc", doc, "run `cargo doc --workspace --no-deps` and fix the links"),
    ("book", |sh, _| book::book(sh), "`cargo xtask book` builds it alone"),
    ("onify", |sh, _| onify::onify(sh), "`node --test FILE` in tests/onify runs one file of it"),
    // The last step fails if this changes the page.
    (
        "refusals",
        |sh, _| tasks::refusals(sh),
        "change the catalogue, not docs/reference/refusals.md",
    ),
    ("git diff", clean, "commit the changed files, or fix the test that writes them"),
];

const RELEASE_STEPS: &[Step] = &[
    ("deny", deny_built, "`deny.toml` says what is refused and why"),
    ("manifests", manifests, "the line above names the field of docs/kubernetes"),
    ("features", features, "each set of features must build: add the missing `cfg`"),
    (
        "foreign",
        |sh, _| foreign::foreign(sh),
        "`cargo xtask foreign` runs it alone, one script in tests/foreign for each client",
    ),
    ("crates", |sh, _| crates::crates(sh), "`cargo xtask crates` runs it alone"),
    ("dist", |sh, _| dist::dist(sh), "`cargo xtask dist` runs it alone"),
    ("packages", |sh, _| packages::packages(sh), "`cargo xtask packages` runs it alone"),
    (
        "reproduce",
        reproduce,
        "`diffoscope` shows where two files differ; look for paths, times and users",
    ),
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

/// Checks crates, licences and sources if cargo-deny is installed. Advisories need a network, so
/// `ci --release` checks them.
fn deny(sh: &Shell, _: &mut Summary) -> Result<()> {
    if cmd!(sh, "cargo deny --version").quiet().ignore_stderr().read().is_err() {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    Ok(cmd!(sh, "cargo deny check bans licenses sources").run()?)
}

/// Does the same with a cargo-deny that is built for it. Without the database of advisories, which
/// may be out of reach, the rest is checked.
fn deny_built(sh: &Shell, _: &mut Summary) -> Result<()> {
    let deny = tool(sh, "cargo-deny")?;
    cmd!(sh, "{deny} check bans licenses sources").run()?;
    if cmd!(sh, "{deny} fetch db").quiet().ignore_stderr().run().is_err() {
        println!("left out: the database of advisories cannot be fetched; run `cargo deny check`");
        return Ok(());
    }
    Ok(cmd!(sh, "{deny} check advisories").run()?)
}

/// Checks the examples for Kubernetes against its schemas.
fn manifests(sh: &Shell, _: &mut Summary) -> Result<()> {
    let venv = build::target_folder(sh)?.join("tools/kubernetes-validate");
    if !sh.path_exists(venv.join("bin/kubernetes-validate")) {
        cmd!(sh, "python3 -m venv {venv}").run()?;
        let pip = venv.join("bin/pip");
        cmd!(sh, "{pip} install --quiet {KUBERNETES_VALIDATE}").run()?;
    }
    let validate = venv.join("bin/kubernetes-validate");
    let files = sh.read_dir("docs/kubernetes")?;
    Ok(cmd!(sh, "{validate} --strict --quiet {files...}").run()?)
}

const KUBERNETES_VALIDATE: &str = "kubernetes-validate==1.37.0";

/// Builds each crate with each set of its features, and runs the unit tests of those that have some.
fn features(sh: &Shell, _: &mut Summary) -> Result<()> {
    let hack = tool(sh, "cargo-hack")?;
    cmd!(sh, "{hack} hack check --locked --feature-powerset {PUBLISHED...}").run()?;
    let with_features =
        ["-p", "orgtoken-assertion", "-p", "orgtoken-client", "-p", "orgtoken-fake-org"];
    Ok(cmd!(sh, "{hack} hack test --locked --quiet --lib --feature-powerset {with_features...}")
        .run()?)
}

/// Makes the files of `target/dist` again, as another user in another folder.
fn reproduce(sh: &Shell, _: &mut Summary) -> Result<()> {
    let target = build::target_folder(sh)?;
    let (files, tools) = (target.join("dist"), target.join("tools"));
    let repository = sh.current_dir();
    let script = "tests/packages/reproduce.sh";
    Ok(cmd!(sh, "unshare --mount {script} {repository} {files} {tools}").run()?)
}

fn clippy(sh: &Shell, _: &mut Summary) -> Result<()> {
    let deny = ["--", "--deny", "warnings"];
    cmd!(sh, "cargo clippy --workspace --all-targets --all-features {deny...}").run()?;
    // Alone, a crate has only the features of dependencies that it names itself.
    for folder in sh.read_dir("crates")? {
        let manifest = folder.join("Cargo.toml");
        cmd!(sh, "cargo clippy --manifest-path {manifest} {deny...}").run()?;
    }
    let alone = ["--package", "orgtoken-fake-org", "--no-default-features"];
    Ok(cmd!(sh, "cargo clippy {alone...} {deny...}").run()?)
}

fn tests(sh: &Shell, summary: &mut Summary) -> Result<()> {
    *summary = test::tests(sh)?;
    ensure!(summary.failed == 0, "{summary}");
    Ok(())
}

fn doc(sh: &Shell, _: &mut Summary) -> Result<()> {
    let _flags = sh.push_env("RUSTDOCFLAGS", "--deny warnings");
    Ok(cmd!(sh, "cargo doc --workspace --all-features --no-deps").run()?)
}

fn clean(sh: &Shell, _: &mut Summary) -> Result<()> {
    cmd!(sh, "git diff --exit-code --stat").run().context("tracked files changed")
}
