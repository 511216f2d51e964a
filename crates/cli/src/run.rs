//! From the typed words to an exit code.

use std::ffi::OsString;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{ColorChoice, ValueEnum};

use crate::args::{UsageError, login_flags};
use crate::command;
use crate::failure::{Failure, UNEXPECTED};
use crate::grammar::{Args, Command, Refused, grammar};
use crate::io::console::{Console, OutputError};
use crate::io::jq::Jq;
use crate::io::log;
use crate::io::look;
use crate::io::stderr;
use crate::panic_hook;

/// Runs the typed command. `unhardened` is the reason why the process is open to others, if it is.
pub(crate) fn run(mut typed: Vec<OsString>, unhardened: Option<impl fmt::Display>) -> ExitCode {
    look::choose_color(asked_color(&typed));
    let console = Console::new(asks_for_json(&typed));
    panic_hook::install_panic_hook(console.json());
    if let Some(reason) = unhardened {
        console.warn(&format_args!("other processes may read the memory of this one: {reason}"));
    }
    if command::completions::answer(&typed, grammar) {
        return ExitCode::SUCCESS;
    }
    let args = match Args::read(&mut typed) {
        Ok(args) => args,
        Err(Refused::Help(help)) => {
            // clap chooses the stream and the exit code.
            let _ = help.print();
            return ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(UNEXPECTED));
        }
        Err(Refused::Usage(error)) => return report_and_exit_code(&error.into(), &console),
    };
    look::choose_color(args.common.color);
    if args.common.jq.is_some() && args.command.lacks_json() {
        let with = "this command, whose result is not JSON";
        let error = UsageError::conflict("`--jq`", with, "orgtoken");
        return report_and_exit_code(&error.into(), &console);
    }
    let jq = match args.common.jq.as_deref().map(Jq::compile).transpose() {
        Ok(jq) => jq.map(|jq| &*Box::leak(Box::new(jq))),
        Err(error) => return report_and_exit_code(&error.into(), &console),
    };
    log::start(args.common.verbose, console.json());
    let (only_prints, change) = (args.command.only_prints(), args.command.change());
    let code = match panic::catch_unwind(AssertUnwindSafe(|| {
        dispatch(args.command, &console.filtered(jq))
    })) {
        Ok(result) => {
            let result = if only_prints { ignore_broken_pipe(result) } else { result };
            let result = result.map_err(|failure| match change {
                Some(change) if failure.error::<OutputError>().is_some() => {
                    failure.with_note(change)
                }
                _ => failure.with_login(|| login_flags(grammar(), typed)),
            });
            result.map_or_else(
                |failure| report_and_exit_code(&failure, &console),
                |()| ExitCode::SUCCESS,
            )
        }
        // The panic hook has reported it.
        Err(_) => ExitCode::from(UNEXPECTED),
    };
    stderr::flush();
    code
}

fn dispatch(command: Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Token(args) => command::token::run(&args, console),
        Command::Api(args) => command::api::run(&args, console),
        Command::Exec(args) => command::exec::run(&args, console),
        Command::Describe(args) => command::describe::run(&args, console),
        Command::Record(command) => command::record::run(&command, console),
        Command::Bulk(command) => command::bulk::run(&command, console),
        Command::Whoami(args) => command::whoami::run(&args, console),
        Command::Revoke(args) => command::revoke::run(&args, console),
        Command::Query(args) => command::query::run(&args, console),
        Command::Serve(args) => command::serve::run(args, console),
        Command::Blueprint(args) => command::blueprint::run(&args, console),
        Command::Setup(args) => command::setup::run(&args, console),
        Command::Doctor(args) => command::doctor::run(&args, console),
        Command::Resolve(args) => command::resolve::run(&args, console),
        Command::Config(command) => command::config::run(&command, console),
        Command::Settings(command) => command::settings::run(&command, console),
        Command::Key(command) => command::key::run(&command, console),
        Command::Cert(command) => command::cert::run(&command, console),
        Command::Assertion(command) => command::assertion::run(&command, console),
        Command::Explain(args) => command::explain::run(&args, console),
        Command::Cache(command) => command::cache::run(&command, console),
        Command::Completions(args) => command::completions::run(&args, console),
        Command::Help(args) => command::help::run(&args, grammar(), console),
        Command::Man(args) => command::man::run(&args, grammar(), console),
    }
}

/// Ignores that the reader of the output has closed the pipe: `orgtoken query … | head`.
fn ignore_broken_pipe(result: Result<(), Failure>) -> Result<(), Failure> {
    result.or_else(|failure| match failure.error() {
        Some(error) if OutputError::is_broken_pipe(error) => Ok(()),
        _ => Err(failure),
    })
}

fn report_and_exit_code(failure: &Failure, console: &Console) -> ExitCode {
    failure.print(console.json());
    ExitCode::from(failure.exit())
}

/// Whether `--json` was typed. Wrong arguments are reported before anything is parsed.
fn asks_for_json(typed: &[OsString]) -> bool {
    typed.iter().take_while(|word| *word != "--").any(|word| word == "--json")
}

/// Returns the value of `--color`, for help and for wrong arguments.
fn asked_color(typed: &[OsString]) -> ColorChoice {
    let words = typed.iter().take_while(|word| *word != "--").map(|word| word.to_string_lossy());
    let words: Vec<_> = words.collect();
    let values =
        words.iter().enumerate().filter_map(|(at, word)| match word.strip_prefix("--color") {
            Some("") => words.get(at + 1).map(AsRef::as_ref),
            Some(value) => value.strip_prefix('='),
            None => None,
        });
    let mut choices = values.filter_map(|value| ColorChoice::from_str(value, false).ok());
    choices.next_back().unwrap_or(ColorChoice::Auto)
}
