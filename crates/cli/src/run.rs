//! From the typed words to an exit code.

use std::error::Error;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{ColorChoice, ValueEnum};
use orgtoken_client::error_chain;

use crate::args::{UsageError, login_flags, refuse_secrets};
use crate::command;
use crate::failure::{Failure, UNEXPECTED};
use crate::grammar::{Args, Command, grammar};
use crate::io::console::{Console, OutputError};
use crate::io::jq::Jq;
use crate::io::log;
use crate::io::look;
use crate::io::stderr;
use crate::panic_hook;

/// Runs the typed command. `unhardened` is the reason why the process is open to others, if it is.
pub(crate) fn run(mut typed: Vec<OsString>, unhardened: Option<impl Error + 'static>) -> ExitCode {
    look::choose_color(asked_color(&typed));
    let console = Console::new(asks_for_json(&typed));
    panic_hook::install_panic_hook(console.json());
    if let Some(reason) = unhardened {
        let reason = error_chain(&reason);
        console.warn(&format_args!("other processes may read the memory of this one: {reason}"));
    }
    if command::completions::answer(&typed, grammar) {
        return ExitCode::SUCCESS;
    }
    let code = match panic::catch_unwind(AssertUnwindSafe(|| execute(&mut typed, &console))) {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => {
            failure.print(console.json());
            ExitCode::from(failure.exit())
        }
        // The panic hook has reported it.
        Err(_) => ExitCode::from(UNEXPECTED),
    };
    stderr::flush();
    code
}

fn execute(typed: &mut Vec<OsString>, console: &Console) -> Result<ExitCode, Failure> {
    // Before a message can repeat them.
    refuse_secrets(typed)?;
    let args = match Args::read(typed).map_err(|error| UsageError::of_clap(error, grammar)) {
        Ok(args) => args,
        Err(Ok(error)) => return Err(error.into()),
        Err(Err(help)) => {
            // clap chooses the stream and the exit code.
            let printed = help.print().map_err(OutputError::from);
            return match printed {
                Err(error) if !help.use_stderr() && !error.is_broken_pipe() => Err(error.into()),
                _ => Ok(ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(UNEXPECTED))),
            };
        }
    };
    look::choose_color(args.common.color);
    if args.common.jq.is_some() && args.command.lacks_json() {
        let with = "this command, whose result is not JSON";
        return Err(UsageError::conflict("`--jq`", with, "orgtoken").into());
    }
    let jq = args.common.jq.as_deref().map(Jq::compile).transpose()?;
    let jq = jq.map(|jq| &*Box::leak(Box::new(jq)));
    log::start(args.common.verbose, console.json());
    let (only_prints, change) = (args.command.only_prints(), args.command.change());
    match dispatch(args.command, &console.filtered(jq)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) => match (failure.error::<OutputError>(), change) {
            // The reader has closed the pipe: `orgtoken query … | head`.
            (Some(error), _) if only_prints && error.is_broken_pipe() => Ok(ExitCode::SUCCESS),
            (Some(_), Some(change)) => Err(failure.with_note(change)),
            _ => Err(failure.with_login(&login_flags(grammar(), std::mem::take(typed)))),
        },
    }
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
