//! Errors of wrong arguments. They do not repeat the typed values, which clap does.

use std::borrow::Cow;
use std::num::ParseIntError;

use clap::error::{ContextKind, ErrorKind};
use orgtoken_assertion::Diagnostic;

use super::other_names;
use crate::examples::{Example, examples};

/// Wrong arguments.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    code: &'static str,
    message: String,
    hint: Option<Cow<'static, str>>,
}

impl UsageError {
    /// Two arguments that exclude each other.
    pub(crate) fn conflict(argument: &str, with: &str, command: &str) -> Self {
        let message = format!("{argument} cannot be used with {with}");
        Self { code: "usage.conflict", message, hint: Some(see(command)) }
    }

    /// A required argument is missing.
    pub(crate) fn missing(what: &str, command: &str) -> Self {
        let message = format!("missing {what}");
        Self { code: "usage.missing", message, hint: Some(for_example(what, command)) }
    }

    /// A secret in the arguments, which every user of the machine can read.
    pub(crate) fn secret_in_argv(what: &str) -> Self {
        let hint = "replace it, and pass the new one in a file, on standard input (`-`) or in the \
                    environment";
        let message =
            format!("{what} was passed as an argument, which every user of this machine can read");
        Self { code: "usage.secret_in_argv", message, hint: Some(hint.into()) }
    }

    /// An unknown argument or command.
    fn unknown(message: String, advice: Option<Cow<'static, str>>, command: &str) -> Self {
        let hint = advice.unwrap_or_else(|| see(command));
        Self { code: "usage.unknown", message, hint: Some(hint) }
    }

    /// An unknown command. `near` is what may have been meant.
    pub(crate) fn unknown_command(
        word: Option<&str>,
        near: Option<Cow<'static, str>>,
        command: &str,
    ) -> Self {
        // Anything but a plain word may be a secret, and is not repeated.
        let Some(word) = word.filter(|word| is_word(word)) else {
            return Self::unknown("unknown command".to_owned(), near, command);
        };
        let advice = other_names::command(command, word).or(near);
        Self::unknown(format!("unknown command `{word}`"), advice, command)
    }

    /// An invalid value.
    pub(crate) fn value(argument: &str, reason: &str) -> Self {
        let message = format!("invalid value for {argument}: {reason}");
        Self { code: "usage.value", message, hint: None }
    }
}

impl Diagnostic for UsageError {
    fn code(&self) -> &str {
        self.code
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        self.hint.clone()
    }
}

impl UsageError {
    /// Returns clap's error if it is a request for help or for the version.
    pub(crate) fn of_clap(
        error: clap::Error,
        grammar: fn() -> clap::Command,
    ) -> Result<Self, clap::Error> {
        let text = |kind| error.get(kind).map(ToString::to_string);
        let named = |kind, other: &str| text(kind).map_or_else(|| other.into(), |it| quoted(&it));
        let (argument, command) = (named(ContextKind::InvalidArg, "an argument"), command(&error));
        Ok(match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion => return Err(error),
            ErrorKind::ArgumentConflict => {
                Self::conflict(&argument, &named(ContextKind::PriorArg, "itself"), &command)
            }
            ErrorKind::MissingRequiredArgument => Self::missing(&argument, &command),
            ErrorKind::MissingSubcommand => Self::missing("a command", &command),
            ErrorKind::UnknownArgument => {
                let typed = text(ContextKind::InvalidArg).unwrap_or_default();
                let (message, advice) = if typed.starts_with('-') {
                    let advice = other_names::flag(&command, &typed, &grammar());
                    (format!("unknown {}", flag(&typed)), advice)
                } else {
                    let shown = Some(&*typed).filter(|typed| is_word(typed));
                    let what = shown.map_or_else(String::new, |word| format!(" `{word}`"));
                    let advice = other_names::argument(&command, shown, &grammar());
                    (format!("unexpected argument{what}"), advice)
                };
                let near = || text(ContextKind::SuggestedArg).map(|near| did_you_mean(&near));
                Self::unknown(message, advice.or_else(near), &command)
            }
            ErrorKind::InvalidSubcommand => {
                let near = text(ContextKind::SuggestedSubcommand).map(|near| did_you_mean(&near));
                let word = text(ContextKind::InvalidSubcommand);
                Self::unknown_command(word.as_deref(), near, &command)
            }
            _ if text(ContextKind::InvalidValue).is_some_and(|it| it.is_empty()) => {
                let hint = "give one or leave it out; a variable of the shell may not be set";
                let message = format!("{argument} needs a value");
                Self { code: "usage.value", message, hint: Some(hint.into()) }
            }
            _ => {
                let because = match std::error::Error::source(&error) {
                    None => String::new(),
                    Some(reason) if reason.is::<ParseIntError>() => {
                        ": expected a whole number".into()
                    }
                    Some(reason) => format!(": {reason}"),
                };
                let hint = match text(ContextKind::ValidValue).filter(|values| !values.is_empty()) {
                    Some(values) => Some(format!("give one of {values}").into()),
                    None if because.is_empty() => Some("see `--help`".into()),
                    None => None,
                };
                let message = format!("invalid value for {argument}{because}");
                Self { code: "usage.value", message, hint }
            }
        })
    }
}

fn see(command: &str) -> Cow<'static, str> {
    format!("see `{command} --help`").into()
}

/// Returns an example of the command that has the missing argument.
fn for_example(what: &str, command: &str) -> Cow<'static, str> {
    let flag = what.trim_matches('`');
    let has = |line: &str| !flag.starts_with('-') || line.contains(flag);
    let name = command.strip_prefix(PROGRAM).unwrap_or_default().trim_start();
    match examples(name).iter().find(|example| has(&example.line)) {
        // In other programs, `-q` takes the query.
        Some(Example { line, .. }) if flag == "<SOQL>" => {
            format!("the query is an argument, and `-q` is `--jq`: `{line}`").into()
        }
        Some(Example { line, .. }) => {
            format!("for example `{line}`; see `{command} --help`").into()
        }
        None => see(command),
    }
}

pub(crate) fn did_you_mean(names: &str) -> Cow<'static, str> {
    format!("did you mean {}?", quoted(names).replace(", ", " or ")).into()
}

/// Returns `orgtoken key inspect`, from the usage line.
fn command(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_name = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    let words: Vec<_> = usage.split_whitespace().skip(1).take_while(is_name).collect();
    if words.is_empty() { PROGRAM.into() } else { words.join(" ") }
}

/// Returns the name of an unknown flag. Anything else may be a secret, and is not repeated.
fn flag(typed: &str) -> String {
    match typed.split('=').next().unwrap_or_default() {
        flag if is_flag(flag) && flag.starts_with("--") => format!("argument `{flag}`"),
        flag if flag.starts_with("--") => "argument".to_owned(),
        flag => format!("argument `{}`", flag.chars().take(2).collect::<String>()),
    }
}

/// Whether it looks like a flag, and not like a secret that begins with dashes.
fn is_flag(text: &str) -> bool {
    text.len() <= MAX_FLAG && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// Whether it looks like the name of a command, and not like a secret or a value.
fn is_word(text: &str) -> bool {
    text.len() <= MAX_WORD && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Returns `--output <FORMAT>` as `--output`, `[NAME]...` as `NAME`, and several names each in
/// backticks.
fn quoted(names: &str) -> String {
    let bare = |name: &str| {
        let flag = name.split_once(" <").map_or(name, |(flag, _)| flag);
        flag.trim().trim_end_matches("...").trim_matches(['[', ']']).to_owned()
    };
    names.split(", ").map(|name| format!("`{}`", bare(name))).collect::<Vec<_>>().join(", ")
}

/// No flag of this program is longer.
const MAX_FLAG: usize = 30;

/// No command of this program has a longer name.
const MAX_WORD: usize = 12;

const PROGRAM: &str = "orgtoken";
