//! `help`: the help of a command, or a topic.

use super::explain::codes;
use crate::args::{UsageError, candidates, did_you_mean};
use crate::examples::commands;
use crate::failure::Failure;
use crate::help::{TOPICS, Topic, documented};
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
    let words: Vec<_> = args.words.iter().map(String::as_str).collect();
    if let [name] = words.as_slice()
        && let Some(topic) = topic(name)
    {
        return Ok(console.text(&topic.text(console.look().document()))?);
    }
    let mut command = &program;
    for name in &words {
        command = command.find_subcommand(name).ok_or_else(|| unknown(name, command))?;
    }
    let typed = ["orgtoken"].into_iter().chain(words).chain(["--help"]);
    let help = documented(program.clone()).try_get_matches_from(typed);
    let help = help.expect_err("clap returns help as an error");
    Ok(help.print().map_err(OutputError::from)?)
}

/// Returns the names of commands and topics.
fn words() -> Vec<&'static str> {
    commands().into_iter().chain(TOPICS.iter().map(|topic| &*topic.name)).collect()
}

/// Returns the topic with this name, or with this other word for it.
fn topic(name: &str) -> Option<&'static Topic> {
    let other = OTHER_NAMES.iter().find(|(words, _)| words.contains(&name));
    let name = other.map_or(name, |(_, name)| *name);
    TOPICS.iter().find(|topic| topic.name == name)
}

pub(super) fn unknown(word: &str, command: &clap::Command) -> UsageError {
    let is_program = command.get_name() == "orgtoken";
    let topics = TOPICS.iter().filter(|_| is_program).map(|topic| &*topic.name);
    let known = command.get_subcommands().map(clap::Command::get_name).chain(topics);
    let code = codes().find(|code| *code == word);
    let near = match code {
        Some(code) => Some(format!("run `orgtoken explain {code}`").into()),
        None => nearest(word, known).map(did_you_mean),
    };
    let parent = match command.get_name() {
        "orgtoken" => "orgtoken".to_owned(),
        name => format!("orgtoken {name}"),
    };
    UsageError::unknown_command(Some(word), near, &parent)
}

const OTHER_NAMES: &[(&[&str], &str)] = &[
    (&["cache-files", "tokens"], "caching"),
    (&["config.toml", "profile"], "profiles"),
    (&["env", "variables"], "environment"),
    (&["codes", "exit", "exit-code", "exit-status", "exitcodes"], "exit-codes"),
    (&["format", "formats", "json", "output"], "formatting"),
    (&["certificates", "passphrase"], "keys"),
    (&["ci", "cron", "script"], "scripts"),
];
