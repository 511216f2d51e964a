//! What clap says about wrong arguments, without the values that were typed.

use std::borrow::Cow;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::fails_with;

/// The command was not typed as it has to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// Two arguments that exclude each other.
    #[error("{argument} cannot be used with {with}")]
    Conflict { argument: String, with: String, command: String },
    /// Something has to be there and is not.
    #[error("missing {argument}")]
    Missing { argument: String, command: String },
    /// A secret where everyone on the machine can read it.
    #[error("{what} was given as an argument, where every user of this machine can read it")]
    SecretInArgv { what: &'static str },
    /// There is no such argument or command.
    #[error("unknown {what}")]
    Unknown { what: String, word: Option<String>, suggestion: Option<String>, command: String },
    /// A value is none of those that the argument takes.
    #[error("{argument} does not take this value{}", because(reason.as_deref()))]
    Value { argument: String, reason: Option<String>, possible: Vec<String> },
}

impl UsageError {
    pub(crate) fn missing(what: &str, command: &str) -> Self {
        Self::Missing { argument: what.into(), command: command.into() }
    }

    pub(crate) fn unknown_command() -> Self {
        Self::Unknown {
            what: "command".into(),
            word: None,
            suggestion: None,
            command: PROGRAM.into(),
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "usage.conflict",
            Self::Missing { .. } => "usage.missing",
            Self::SecretInArgv { .. } => "usage.secret_in_argv",
            Self::Unknown { .. } => "usage.unknown",
            Self::Value { .. } => "usage.value",
        }
    }

    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::SecretInArgv { .. } => "give it in a file, on standard input (`-`) or in the \
                environment; treat this one as known to others, and replace it"
                .into(),
            Self::Unknown { word: Some(word), command, .. }
                if command == PROGRAM && elsewhere(word).is_some() =>
            {
                elsewhere(word).unwrap_or_default().into()
            }
            Self::Unknown { suggestion: Some(suggestion), .. } => {
                format!("did you mean {}?", quoted(suggestion).replace(", ", " or ")).into()
            }
            Self::Value { possible, .. } if !possible.is_empty() => {
                format!("give one of {}", possible.join(", ")).into()
            }
            Self::Unknown { what, command, .. } if what == ARGUMENT && command == EXEC => {
                "put `--` before the command to run: `orgtoken exec -- COMMAND`".into()
            }
            Self::Unknown { what, command, .. } if what == ARGUMENT && command == QUERY => {
                "put the query in quotes: `orgtoken query 'SELECT Id FROM Account'`".into()
            }
            Self::Conflict { command, .. }
            | Self::Missing { command, .. }
            | Self::Unknown { command, .. } => format!("see `{command} --help`").into(),
            Self::Value { reason: Some(_), .. } => return None,
            Self::Value { .. } => "see `--help`".into(),
        })
    }
}

fails_with!(UsageError);

/// Gives the error back where it is none: someone asked for help or the version.
impl TryFrom<clap::Error> for UsageError {
    type Error = clap::Error;

    fn try_from(error: clap::Error) -> Result<Self, clap::Error> {
        let text = |kind| error.get(kind).map(ToString::to_string);
        let argument = || text(ContextKind::InvalidArg).map(|name| quoted(&name));
        let named = || argument().unwrap_or_else(|| "an argument".to_owned());
        Ok(match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion => return Err(error),
            ErrorKind::ArgumentConflict => Self::Conflict {
                argument: named(),
                with: text(ContextKind::PriorArg).map_or_else(|| "itself".into(), |x| quoted(&x)),
                command: command(&error),
            },
            ErrorKind::MissingRequiredArgument => {
                Self::Missing { argument: named(), command: command(&error) }
            }
            ErrorKind::MissingSubcommand => {
                Self::Missing { argument: "a command".into(), command: command(&error) }
            }
            ErrorKind::UnknownArgument => Self::Unknown {
                what: flag(text(ContextKind::InvalidArg)),
                word: None,
                suggestion: text(ContextKind::SuggestedArg),
                command: command(&error),
            },
            ErrorKind::InvalidSubcommand => {
                let word = text(ContextKind::InvalidSubcommand).filter(|word| is_word(word));
                Self::Unknown {
                    what: word
                        .as_ref()
                        .map_or_else(|| "command".into(), |word| format!("command `{word}`")),
                    word,
                    suggestion: text(ContextKind::SuggestedSubcommand),
                    command: command(&error),
                }
            }
            _ => Self::Value {
                argument: named(),
                reason: std::error::Error::source(&error).map(ToString::to_string),
                possible: possible(error.get(ContextKind::ValidValue)),
            },
        })
    }
}

/// `orgtoken key inspect`, out of the usage line.
fn command(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_name = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    let words: Vec<_> = usage.split_whitespace().skip(1).take_while(is_name).collect();
    if words.is_empty() { PROGRAM.into() } else { words.join(" ") }
}

/// The name of an unknown flag helps; anything else may be a value that belongs to nobody.
fn flag(argument: Option<String>) -> String {
    match argument.as_deref().and_then(|text| text.split('=').next()) {
        Some(flag) if flag.starts_with("--") && is_flag(flag) => format!("argument `{flag}`"),
        Some(flag) if flag.starts_with('-') && !flag.starts_with("--") => {
            format!("argument `{}`", flag.chars().take(2).collect::<String>())
        }
        _ => ARGUMENT.into(),
    }
}

/// Whether it could be a flag of some program, rather than a secret that begins with dashes.
fn is_flag(text: &str) -> bool {
    text.len() <= MAX_FLAG && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// Whether it could be the name of a command, rather than a secret or a value.
fn is_word(text: &str) -> bool {
    text.len() <= MAX_WORD && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The command that does what other programs call so.
fn elsewhere(word: &str) -> Option<&'static str> {
    Some(match word {
        "version" => "run `orgtoken --version`",
        "status" => "run `orgtoken doctor` to check the login, `orgtoken whoami` to show the user",
        "auth" | "authorize" | "init" | "jwt" | "login" => {
            "run `orgtoken setup` to configure a login, `orgtoken token` to print a token"
        }
        "logout" => "run `orgtoken revoke` to revoke the cached token",
        "check" | "diagnose" | "test" => "run `orgtoken doctor` to check the login",
        "user" | "userinfo" => "run `orgtoken whoami` to show the logged-in user",
        "list" | "orgs" | "profiles" => {
            "run `orgtoken cache list` for the cached tokens, `orgtoken settings check -P NAME` for a \
             profile of config.toml"
        }
        "data" | "soql" | "select" => "run `orgtoken query 'SELECT Id FROM Account'`",
        "call" | "curl" | "get" | "post" | "request" | "rest" => "run `orgtoken api PATH`",
        "create" | "delete" | "insert" | "update" | "upsert" => {
            "run `orgtoken record --help`: records are created and changed there"
        }
        "run" => "run `orgtoken exec -- COMMAND`",
        "generate" | "keygen" => "run `orgtoken key generate`",
        "daemon" | "server" | "start" => "run `orgtoken serve`",
        _ => return None,
    })
}

/// `--output <FORMAT>` as `--output`, several names each in backticks.
fn quoted(names: &str) -> String {
    let bare = |name: &str| name.split_once(" <").map_or(name, |(flag, _)| flag).trim().to_owned();
    names.split(", ").map(|name| format!("`{}`", bare(name))).collect::<Vec<_>>().join(", ")
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

fn possible(value: Option<&ContextValue>) -> Vec<String> {
    match value {
        Some(ContextValue::Strings(values)) => values.clone(),
        Some(ContextValue::String(value)) => vec![value.clone()],
        _ => Vec::new(),
    }
}

/// Longer than any flag of ours.
const MAX_FLAG: usize = 30;

/// A word where only flags may stand.
const ARGUMENT: &str = "argument";
/// Longer than the name of any command.
const MAX_WORD: usize = 12;

const QUERY: &str = "orgtoken query";
const EXEC: &str = "orgtoken exec";
const PROGRAM: &str = "orgtoken";
