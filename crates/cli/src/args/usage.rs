//! Errors of wrong arguments. They do not repeat the typed values, which clap does.

use std::borrow::Cow;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use orgtoken_assertion::Diagnostic;

use super::login::FormatAsUsername;
use super::other_names;

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

    /// `--jq` of a command whose result is not JSON.
    pub(crate) fn nothing_to_filter() -> Self {
        let message =
            "`--jq` cannot be used with this command, whose result is not JSON".to_owned();
        Self { code: "usage.conflict", message, hint: Some("leave it out".into()) }
    }

    /// A required argument is missing.
    pub(crate) fn missing(what: &str, command: &str) -> Self {
        let message = format!("missing {what}");
        Self { code: "usage.missing", message, hint: Some(see(command)) }
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
    fn unknown(what: &str, advice: Option<Cow<'static, str>>, command: &str) -> Self {
        let hint = advice.unwrap_or_else(|| see(command));
        Self { code: "usage.unknown", message: format!("unknown {what}"), hint: Some(hint) }
    }

    /// An unknown command. `near` is what may have been meant.
    pub(crate) fn unknown_command(
        word: Option<&str>,
        near: Option<Cow<'static, str>>,
        command: &str,
    ) -> Self {
        // Anything but a plain word may be a secret, and is not repeated.
        let Some(word) = word.filter(|word| is_word(word)) else {
            return Self::unknown("command", near, command);
        };
        let advice = other_names::command(command, word).or(near);
        Self::unknown(&format!("command `{word}`"), advice, command)
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

/// Returns clap's error if it is a request for help or for the version.
impl TryFrom<clap::Error> for UsageError {
    type Error = clap::Error;

    fn try_from(error: clap::Error) -> Result<Self, clap::Error> {
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
                let typed = text(ContextKind::InvalidArg);
                let other = typed.as_deref().and_then(other_names::flag);
                let what = flag(typed);
                let advice = match other {
                    Some(other) => Some(other.into()),
                    None => match (text(ContextKind::SuggestedArg), command.as_str()) {
                        (Some(near), _) => Some(did_you_mean(&near)),
                        (None, "orgtoken exec") if what == ARGUMENT => Some(RUN_WITH_DASHES.into()),
                        (None, "orgtoken query") if what == ARGUMENT => {
                            Some(QUERY_IN_QUOTES.into())
                        }
                        (None, "orgtoken config unset") if what == ARGUMENT => {
                            Some(UNSET_OF_A_PROFILE.into())
                        }
                        (None, "orgtoken config delete" | "orgtoken config use")
                            if ["argument `-P`", "argument `--profile`"].contains(&&*what) =>
                        {
                            Some(format!("give the name without a flag: `{command} NAME`").into())
                        }
                        _ => None,
                    },
                };
                Self::unknown(&what, advice, &command)
            }
            ErrorKind::InvalidSubcommand => {
                let near = text(ContextKind::SuggestedSubcommand).map(|near| did_you_mean(&near));
                let word = text(ContextKind::InvalidSubcommand);
                Self::unknown_command(word.as_deref(), near, &command)
            }
            ErrorKind::InvalidValue
                if text(ContextKind::InvalidValue).is_some_and(|it| it.is_empty()) =>
            {
                let hint = "leave it out, or check that the variable of the shell in it is set";
                let message = format!("{argument} is empty");
                Self { code: "usage.value", message, hint: Some(hint.into()) }
            }
            _ => {
                let reason = std::error::Error::source(&error);
                let because = match reason {
                    None => String::new(),
                    Some(reason) if reason.is::<ParseIntError>() => {
                        ": expected a whole number".into()
                    }
                    Some(reason) => format!(": {reason}"),
                };
                let message = format!("invalid value for {argument}{because}");
                let hint = match (possible(error.get(ContextKind::ValidValue)), reason) {
                    (Some(values), _) => Some(format!("give one of {values}").into()),
                    (None, Some(reason)) if reason.is::<FormatAsUsername>() => {
                        Some(CHOOSE_FORMAT.into())
                    }
                    (None, Some(_)) => None,
                    (None, None) => Some("see `--help`".into()),
                };
                Self { code: "usage.value", message, hint }
            }
        })
    }
}

fn see(command: &str) -> Cow<'static, str> {
    format!("see `{command} --help`").into()
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
fn flag(argument: Option<String>) -> String {
    match argument.as_deref().and_then(|text| text.split('=').next()) {
        Some(flag) if flag.starts_with("--") && is_flag(flag) => format!("argument `{flag}`"),
        Some(flag) if flag.starts_with('-') && !flag.starts_with("--") => {
            format!("argument `{}`", flag.chars().take(2).collect::<String>())
        }
        _ => ARGUMENT.into(),
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

/// Returns `--output <FORMAT>` as `--output`, and several names each in backticks.
fn quoted(names: &str) -> String {
    let bare = |name: &str| name.split_once(" <").map_or(name, |(flag, _)| flag).trim().to_owned();
    names.split(", ").map(|name| format!("`{}`", bare(name))).collect::<Vec<_>>().join(", ")
}

fn possible(value: Option<&ContextValue>) -> Option<String> {
    match value {
        Some(ContextValue::Strings(values)) if !values.is_empty() => Some(values.join(", ")),
        Some(ContextValue::String(value)) => Some(value.clone()),
        _ => None,
    }
}

/// No flag of this program is longer.
const MAX_FLAG: usize = 30;

/// The name of an argument that is not a flag.
const ARGUMENT: &str = "argument";
/// No command of this program has a longer name.
const MAX_WORD: usize = 12;

const RUN_WITH_DASHES: &str = "put `--` before the command to run: `orgtoken exec -- COMMAND`";
const CHOOSE_FORMAT: &str = "use `--json`, or `--format FORM` if the command has several formats";
const QUERY_IN_QUOTES: &str = "put the query in quotes: `orgtoken query 'SELECT Id FROM Account'`";
const UNSET_OF_A_PROFILE: &str =
    "name the profile with a flag: `orgtoken config unset --profile NAME ENTRY`";
const PROGRAM: &str = "orgtoken";
