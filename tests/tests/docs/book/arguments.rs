//! Commands that are not run, such as those in sentences: the command and its flags exist.

use clap::Command;

/// Returns the commands in code spans and those for root, with their lines.
pub(super) fn commands(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    let mut paragraph = (1, String::new());
    for (line, text) in (1..).zip(text.lines().chain([""])) {
        let is_fence = text.trim_start().starts_with("```");
        in_block ^= is_fence;
        if in_block || is_fence {
            // `setpriv … orgtoken serve`, but not `install -o orgtoken`.
            let is_run = ["# orgtoken ", "# setpriv "].iter().any(|run| text.starts_with(run));
            let at = text.rfind("orgtoken ").filter(|_| is_run);
            found.extend(at.map(|at| (line, text[at..].to_owned())));
        } else if text.trim().is_empty() {
            found.extend(spans(&paragraph));
            paragraph = (line + 1, String::new());
        } else {
            paragraph.1 += &format!("{text}\n");
        }
    }
    found
}

/// Returns the code spans of a paragraph that are commands. A span may be broken between words.
fn spans((first, text): &(usize, String)) -> Vec<(usize, String)> {
    let mut line = *first;
    let mut found = Vec::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 && part.starts_with("orgtoken ") {
            found.push((line, part.replace('\n', " ")));
        }
        line += part.matches('\n').count();
    }
    found
}

/// Checks the names of commands and flags. Placeholders such as `COMMAND` and `…` end the check.
pub(super) fn check(grammar: &Command, typed: &str) -> Result<(), String> {
    let mut command = grammar;
    for word in typed.split_whitespace().skip(1) {
        let word = word.trim_matches(['"', '\'', '[', ']', ',']);
        if let Some(flag) = word.strip_prefix("--") {
            let name = flag.split('=').next().unwrap_or_default();
            if name.is_empty() {
                return Ok(());
            }
            if !has_long(command, name) && !has_long(grammar, name) {
                return Err(format!("`{}` has no --{name}", command.get_name()));
            }
        } else if let Some(short) = word.strip_prefix('-').and_then(|rest| rest.chars().next()) {
            if !has_short(command, short) && !has_short(grammar, short) {
                return Err(format!("`{}` has no -{short}", command.get_name()));
            }
        } else if command.has_subcommands() {
            if !word.starts_with(|c: char| c.is_ascii_lowercase()) {
                return Ok(());
            }
            for name in word.split(['|', '\\']).filter(|name| !name.is_empty()) {
                let found = command.find_subcommand(name);
                if found.is_none() && name != "help" {
                    return Err(format!("`{}` has no command `{name}`", command.get_name()));
                }
            }
            match command.find_subcommand(word) {
                Some(found) => command = found,
                None => return Ok(()),
            }
        } else if [">", "<", "|", "&&"].contains(&word) {
            return Ok(());
        }
    }
    Ok(())
}

fn has_long(command: &Command, name: &str) -> bool {
    name == "help"
        || name == "version"
        || command.get_arguments().any(|arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long() == Some(name) || aliases.contains(&name)
        })
}

fn has_short(command: &Command, short: char) -> bool {
    short == 'h' || command.get_arguments().any(|arg| arg.get_short() == Some(short))
}

#[test]
fn wrong_commands_in_sentences_are_found() {
    let grammar = orgtoken::grammar();
    let text = "Run `orgtoken key\ninspect FILE`, `x` and `orgtoken kex`.\n\n```\n# orgtoken serve --sock x\n```\n";
    let found: Vec<_> = commands(text)
        .into_iter()
        .map(|(line, command)| (line, check(&grammar, &command).is_ok()))
        .collect();
    assert_eq!(found, [(1, true), (2, false), (5, false)]);
    for (typed, is_good) in [
        ("orgtoken record create|delete OBJECT --from FILE", true),
        ("orgtoken record create|destroy", false),
        ("orgtoken token --output json", true),
        ("orgtoken token --form json", false),
        ("orgtoken exec -- command --flag", true),
    ] {
        assert_eq!(check(&grammar, typed).is_ok(), is_good, "{typed}");
    }
}
