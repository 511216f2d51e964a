//! `orgtoken` prints Salesforce access tokens, and says why when Salesforce refuses.
//!
//! This program is thin: it reads what was typed, the files, the environment and the clock, calls
//! the crates below, and prints. There is no protocol and no cryptography here.
//!
//! A module uses what stands below it, and none stands in a circle: each command is a file in
//! `command`, above `session` (a login, from settings to a token), above `context` (the settings,
//! from all their places), above `input`, `hub`, `signer` and `transport`, above `args`, `console`
//! and `failure`. `run` leads from what was typed to a command, and to an exit code.

#![forbid(unsafe_code)]

mod args;
mod clock;
mod command;
mod environment;
mod failure;
mod grammar;
mod harden;
mod io;
mod login;
mod panic_hook;
mod run;
mod runtime;

use io::{console, input, progress, prompt, table, text};
use login::resolved_login as session;

use std::process::ExitCode;

use orgtoken_settings::Setting;

/// Runs the program as it was called.
pub fn main() -> ExitCode {
    let unhardened = harden::harden();
    run::run(std::env::args_os().collect(), unhardened.err())
}

/// The arguments that the program takes, for tests that try each of them.
#[doc(hidden)]
pub fn grammar() -> clap::Command {
    grammar::grammar()
}

/// The environment variables that the program reads, for tests that try each of them. Those of other
/// tools that mean a setting are in [`Setting::third_party_variables`].
#[doc(hidden)]
pub fn variables() -> Vec<String> {
    let others = environment::OTHERS.iter().map(|name| (*name).to_owned());
    Setting::ALL.into_iter().flat_map(Setting::variables).chain(others).collect()
}
