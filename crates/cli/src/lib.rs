//! `orgtoken` prints Salesforce access tokens, and explains why when Salesforce refuses.
//!
//! The program is thin: it reads arguments, files, environment and clock, calls the libraries, and
//! prints. It contains no protocol and no cryptography.
//!
//! Each module uses only those below it:
//!
//! ```text
//! run                  the typed words, a command, an exit code
//! grammar              the arguments of all commands
//! command              one file or folder for each command
//! help                 environment and topics for help and manual pages
//! login                from arguments and settings to a token
//! args  runtime        arguments that commands share; the tokio runtime and signals
//! failure              an error on its way to the user: report, exit code, flags that help
//! io                   streams, prompts, progress, files
//! environment  clock   variables, folders, time
//! examples             the examples of each command
//! ```

#![forbid(unsafe_code)]

mod args;
mod clock;
mod command;
mod environment;
mod examples;
mod failure;
mod grammar;
mod harden;
mod help;
mod io;
mod login;
mod panic_hook;
mod run;
mod runtime;

use std::process::ExitCode;

use orgtoken_settings::Setting;

/// Runs the program.
pub fn main() -> ExitCode {
    let unhardened = harden::harden();
    run::run(std::env::args_os().collect(), unhardened.err())
}

/// The arguments of the program, for tests that try each of them.
#[doc(hidden)]
pub fn grammar() -> clap::Command {
    grammar::grammar()
}

/// The examples of a command, as purpose and line, for the pages of the book.
#[doc(hidden)]
pub fn examples(command: &[String]) -> Vec<(&'static str, &'static str)> {
    examples::examples(&command.join(" "))
        .iter()
        .map(|example| (&*example.purpose, &*example.line))
        .collect()
}

/// The environment variables that the program reads, for tests that try each of them. Variables of
/// other tools are in [`Setting::third_party_variables`].
#[doc(hidden)]
pub fn variables() -> Vec<String> {
    let others = environment::OTHERS.iter().map(|name| (*name).to_owned());
    Setting::ALL.into_iter().flat_map(Setting::variables).chain(others).collect()
}
