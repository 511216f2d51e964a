//! Commands as a user types them, and what they print.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use conformance::program::{self, stderr, stdout};
use conformance::test_org::{RECORD, TestOrg};
use serde_json::Value;

/// Returns the variables that keep every command short.
pub(crate) fn variables(org: &TestOrg) -> [(&'static str, String); 3] {
    [
        ("ORGTOKEN_SETTINGS", RECORD.to_owned()),
        ("ORGTOKEN_CA_FILE", "ca.pem".to_owned()),
        ("ORGTOKEN_ALLOW_HOSTS", org.address().to_owned()),
    ]
}

/// Shows and runs `orgtoken ARGS` in the user's folder.
pub(crate) fn orgtoken(org: &TestOrg, args: &[&str]) -> Result<Output> {
    say(&format!("   $ orgtoken {}", typed(args)))?;
    Ok(org.bare(args).envs(variables(org)).output()?)
}

/// Shows and runs `orgtoken key generate acme` in a folder.
pub(crate) fn generate_key(folder: &Path) -> Result<String> {
    let args = ["key", "generate", "acme"];
    say(&format!("   $ orgtoken {}", typed(&args)))?;
    good(&program::orgtoken(folder).args(args).output()?)
}

/// Returns standard output of a command that succeeded.
pub(crate) fn good(output: &Output) -> Result<String> {
    ensure!(output.status.success(), "{}: {}", output.status, stderr(output).trim());
    Ok(stdout(output).to_owned())
}

/// Runs `orgtoken api ARGS` and returns the JSON that it prints.
pub(crate) fn api(org: &TestOrg, args: &[&str]) -> Result<Value> {
    let answer = good(&orgtoken(org, &[&["api"], args].concat())?)?;
    serde_json::from_str(&answer).context("the org's response is not JSON")
}

pub(crate) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// The words of a command, quoted for a shell where necessary.
fn typed(args: &[&str]) -> String {
    shlex::try_join(args.iter().copied()).unwrap_or_default()
}
