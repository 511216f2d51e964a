//! Tools that some tests need, and groups of tests that can be left out.
//!
//! `cargo xtask test --without redis-server,many-processes` leaves out the tests that ask for one
//! of these names. Each test that is left out says so on standard error.

use std::env;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::thread;

/// Tests that start hundreds of processes.
pub const MANY_PROCESSES: &str = "many-processes";

/// Whether a test may use a tool. A missing tool is a failure where `CI` is `true`.
pub fn has(tool: &str) -> bool {
    if !is_wanted(tool) {
        return false;
    }
    let mut command = Command::new(tool);
    let command = command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null());
    let is_installed = command.stderr(Stdio::null()).status().is_ok();
    if !is_installed {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "{tool} is not installed");
        leave_out(&format!("needs {tool}"));
    }
    is_installed
}

/// Whether a test that asks for this group is to run.
pub fn is_wanted(group: &str) -> bool {
    let without = env::var("ORGTOKEN_TEST_WITHOUT").unwrap_or_default();
    let is_wanted = without.split(',').all(|name| name != group);
    if !is_wanted {
        leave_out(&format!("is in {group}"));
    }
    is_wanted
}

/// Reports the running test as left out. Not with `eprintln!`, which the test harness captures.
pub fn leave_out(reason: &str) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "left out: {test} {reason}");
}
