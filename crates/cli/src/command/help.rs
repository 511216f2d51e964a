//! `help`: the help of a command, or a topic.

use crate::args::{UsageError, candidates, did_you_mean};
use crate::examples::commands;
use crate::failure::Failure;
use crate::help::{TOPICS, documented};
use crate::io::console::{Console, OutputError};
use crate::io::text::nearest;

/// Show the help of a command or a topic
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Command, such as `key generate`, or topic
    #[arg(value_name = "COMMAND|TOPIC", add = candidates(words))]
    words: Vec<String>,
}

pub(crate) fn run(args: &Args, program: clap::Command, console: &Console) -> Result<(), Failure> {
    if let [name] = args.words.as_slice()
        && program.find_subcommand(name).is_none()
        // `env` is `environment`, and `exit` is `exit-codes`.
        && let Some(topic) = TOPICS.iter().find(|topic| topic.name.starts_with(&**name))
    {
        return Ok(console.text(&topic.text(console.look().document()))?);
    }
    find(&program, &args.words)?;
    let words = args.words.iter().map(String::as_str);
    let typed = ["orgtoken"].into_iter().chain(words).chain(["--help"]);
    let help = documented(program).try_get_matches_from(typed);
    let help = help.expect_err("clap returns help as an error");
    Ok(help.print().map_err(OutputError::from)?)
}

/// Returns the names of commands and topics.
fn words() -> Vec<&'static str> {
    commands().into_iter().chain(TOPICS.iter().map(|topic| &*topic.name)).collect()
}

/// Returns the command with this name.
pub(super) fn find<'a>(
    program: &'a clap::Command,
    words: &[String],
) -> Result<&'a clap::Command, UsageError> {
    words.iter().try_fold(program, |command, word| {
        let unknown = || {
            let is_program = command.get_name() == "orgtoken";
            let topics = TOPICS.iter().filter(|_| is_program).map(|topic| &*topic.name);
            let known = command.get_subcommands().map(clap::Command::get_name).chain(topics);
            let near = nearest(word, known).map(did_you_mean);
            let parent = if is_program { "" } else { command.get_name() };
            UsageError::unknown_command(Some(word), near, format!("orgtoken {parent}").trim_end())
        };
        command.find_subcommand(word).ok_or_else(unknown)
    })
}
