//! `completions`: completion scripts, and the answers to them.
//!
//! The script of a shell runs `orgtoken` with [`VARIABLE`] for each completion, so that profiles of
//! `config.toml` are completed as well. Nothing is sent, and only `config.toml` is read.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::{Arg, Args as _, Command};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete as candidates};
use clap_complete::env::{EnvCompleter, Shells};
use orgtoken_oauth::redact;

use super::explain;
use crate::args::Caller;
use crate::environment::{COMPLETION as VARIABLE, variable};
use crate::failure::Failure;
use crate::help::{TOPICS, settings_of_profiles};
use crate::io::console::Console;
use crate::login::config::Config;

/// Print a completion script for a shell
///
/// The script completes commands, flags, files and the profiles of config.toml.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Shell that reads the script
    shell: Shell,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let name = args.shell.to_string();
    let shell = Shells::builtins();
    let shell = shell.completer(&name).expect("both lists have the same shells");
    let mut script = Vec::new();
    let program = "orgtoken";
    shell
        .write_registration(VARIABLE, program, program, program, &mut script)
        .expect("writing to a vector does not fail");
    if args.shell == Shell::Zsh {
        script.extend(ZSH_AUTOLOAD.bytes());
    }
    Ok(console.data(&script)?)
}

/// Answers a completion script, if one asks.
pub(crate) fn answer(
    typed: &[OsString],
    program: impl FnOnce() -> Command,
    console: &Console,
) -> bool {
    let Some(name) = variable(VARIABLE) else { return false };
    let [_, dashes, words @ ..] = typed else { return false };
    let shells = Shells::builtins();
    // The value may be anything: it is compared and never repeated.
    let shell = name.to_str().and_then(|name| shells.completer(name));
    let Some(shell) = shell.filter(|_| dashes == "--") else { return false };
    let mut answer = Vec::new();
    // A word that cannot be completed has no candidates. A closed pipe needs no answer.
    let _ = write(shell, words.to_vec(), &mut with_candidates(program()), &mut answer);
    let _ = console.data(&answer);
    true
}

fn write(
    shell: &dyn EnvCompleter,
    words: Vec<OsString>,
    program: &mut Command,
    answer: &mut Vec<u8>,
) -> std::io::Result<()> {
    let folder = env::current_dir().ok();
    if shell.name() != "bash" {
        return shell.write_complete(program, words, folder.as_deref(), answer);
    }
    let index = env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
    let (words, index) = without_equals(words, index.unwrap_or_default());
    let found = candidates(program, words, index, folder.as_deref())?;
    let separator = env::var("_CLAP_IFS").unwrap_or_default();
    let values = found.iter().map(|found| found.get_value().to_string_lossy());
    answer.extend(values.collect::<Vec<_>>().join(&separator).bytes());
    Ok(())
}

/// Joins a flag and its value, which bash splits at the `=` between them.
fn without_equals(words: Vec<OsString>, mut index: usize) -> (Vec<OsString>, usize) {
    let mut joined: Vec<OsString> = Vec::new();
    for (at, word) in words.into_iter().enumerate() {
        let follows_flag = joined.last().is_some_and(|last| is_long_flag(last));
        if word == "=" && follows_flag {
            match at.cmp(&index) {
                // The empty value is completed.
                std::cmp::Ordering::Equal => joined.push(OsString::new()),
                std::cmp::Ordering::Less => index -= 1,
                std::cmp::Ordering::Greater => {}
            }
            continue;
        }
        joined.push(word);
    }
    (joined, index)
}

fn is_long_flag(word: &OsStr) -> bool {
    word.to_str().is_some_and(|word| word.len() > 2 && word.starts_with("--"))
}

/// Adds the values that the grammar does not know.
fn with_candidates(program: Command) -> Command {
    let commands: Vec<_> = program.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    // Login flags may come before the command, and are not shown there.
    let program = Caller::augment_args(program);
    let program = program.mut_args(|arg| {
        let is_own = arg.get_help_heading().is_none();
        if is_own { arg } else { arg.hide(true) }
    });
    add_candidates(program, &mut Vec::new(), &commands)
}

fn add_candidates(command: Command, path: &mut Vec<String>, commands: &[String]) -> Command {
    let below: Vec<_> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let command = below.into_iter().fold(command, |command, name| {
        command.mut_subcommand(&name, |below| {
            path.push(name.clone());
            let below = add_candidates(below, path, commands);
            path.pop();
            below
        })
    });
    command.mut_args(|arg| {
        let values: Option<Vec<String>> = match (path.join(" ").as_str(), arg.get_id().as_str()) {
            ("config use", "profile") | ("config show", "name") | (_, "chosen" | "profile") => {
                return with(arg, profiles);
            }
            ("config set" | "config unset", "entry") => {
                Some(settings_of_profiles().into_iter().map(|(name, _)| name).collect())
            }
            ("explain", "refusal") => return with(arg, codes),
            ("help", "words") => {
                let topics = TOPICS.iter().map(|topic| topic.name.clone());
                Some(commands.iter().cloned().chain(topics).collect())
            }
            ("man", "command") => Some(commands.to_vec()),
            _ => None,
        };
        match values {
            Some(values) => with(arg, move || values.clone()),
            None => arg,
        }
    })
}

fn with(arg: Arg, values: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Arg {
    let candidates = move || values().into_iter().map(CompletionCandidate::new).collect();
    arg.add(ArgValueCandidates::new(candidates))
}

/// Returns the names in `config.toml`, without those that may be a secret.
fn profiles() -> Vec<String> {
    let Ok(Some(config)) = Config::find() else { return Vec::new() };
    let mut names = config.parsed().names();
    names.retain(|name| redact::label(name) == name);
    names
}

fn codes() -> Vec<String> {
    explain::codes().map(str::to_owned).collect()
}

/// In a folder of `fpath`, zsh runs the script as a function at the first completion.
const ZSH_AUTOLOAD: &str = "
if [ \"$funcstack[1]\" = \"_orgtoken\" ]; then
    _clap_dynamic_completer_orgtoken \"$@\"
fi
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_and_value_of_bash_are_joined() {
        for (words, index, joined, joined_index) in [
            ("orgtoken token --profile = ac", 4, "orgtoken token --profile ac", 3),
            ("orgtoken token --profile =", 3, "orgtoken token --profile ", 3),
            ("orgtoken token --profile = acme --js", 5, "orgtoken token --profile acme --js", 4),
            ("orgtoken token -P ac", 3, "orgtoken token -P ac", 3),
        ] {
            let split = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
            let expected = (split(joined), joined_index);
            assert_eq!(without_equals(split(words), index), expected, "{words}");
        }
    }
}
