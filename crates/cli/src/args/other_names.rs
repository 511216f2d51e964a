//! Names of commands and flags in other programs, for hints.

use std::borrow::Cow;
use std::sync::LazyLock;

use clap::Command;
use serde::Deserialize;

/// Returns the hint for an unknown command below `parent`, such as `orgtoken` or `orgtoken key`.
pub(super) fn command(parent: &str, word: &str) -> Option<Cow<'static, str>> {
    if word == "help" {
        return Some(
            format!("run `orgtoken help{}`", parent.trim_start_matches("orgtoken")).into(),
        );
    }
    let mut rows = OTHER_NAMES.commands.iter();
    let row = rows.find(|[of, words, _]| of == parent && has_word(words, word))?;
    Some(Cow::Borrowed(&row[2]))
}

/// Returns the hint for an unknown flag of a command, such as `orgtoken record get`. A hint that
/// names another flag is for commands that have it.
pub(super) fn flag(command: &str, typed: &str, program: &Command) -> Option<Cow<'static, str>> {
    let typed = typed.split('=').next().unwrap_or(typed);
    let of_command = find(command, program)?;
    let has = |flag: &str| {
        let mut flags = program.get_arguments().chain(of_command.get_arguments());
        flags.any(|known| known.get_long() == Some(flag))
    };
    let is_for = |hint: &str| {
        let flags = hint.split('`').skip(1).step_by(2).filter_map(|it| it.strip_prefix("--"));
        flags.map(|flag| flag.split(' ').next().unwrap_or(flag)).all(has)
    };
    let mut rows = OTHER_NAMES.flags.iter();
    let row = rows.find(|[of, words, hint]| {
        command.starts_with(of) && has_word(words, typed) && is_for(hint)
    })?;
    Some(Cow::Borrowed(&row[2]))
}

/// Returns the hint for an argument too many. `word` is the argument if it may be repeated.
pub(super) fn argument(
    command: &str,
    word: Option<&str>,
    program: &Command,
) -> Option<Cow<'static, str>> {
    if let Some([_, hint]) = OTHER_NAMES.arguments.iter().find(|[of, _]| of == command) {
        return Some(Cow::Borrowed(hint));
    }
    let command = find(command, program)?;
    let has_profile = command.get_arguments().any(|flag| flag.get_long() == Some("profile"));
    // Otherwise the argument is one of these, and not a profile.
    let takes_none = command.get_positionals().next().is_none();
    (has_profile && takes_none)
        .then(|| format!("choose a profile with `-P {}`", word.unwrap_or("NAME")).into())
}

/// Returns the command with this name, such as `orgtoken record get`.
fn find<'a>(name: &str, program: &'a Command) -> Option<&'a Command> {
    let mut names = name.split(' ').skip(1);
    names.try_fold(program, |command, name| command.find_subcommand(name))
}

fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// The words of other programs.
#[derive(Deserialize)]
struct OtherNames {
    /// The parent, names that it does not have, separated by blanks, and the hint.
    commands: Vec<[String; 3]>,
    /// The command, or the start of its name, flags that it does not have, and the hint.
    flags: Vec<[String; 3]>,
    /// The command with an argument too many, and the hint.
    arguments: Vec<[String; 2]>,
}

static OTHER_NAMES: LazyLock<OtherNames> = LazyLock::new(|| {
    toml::from_str(include_str!("../../assets/other_names.toml")).expect("a test reads this file")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::grammar;

    #[test]
    fn no_name_of_another_program_is_one_of_ours() {
        for [parent, words, hint] in &OTHER_NAMES.commands {
            let grammar = grammar();
            let below = parent.split(' ').skip(1);
            let command =
                below.fold(&grammar, |command, name| command.find_subcommand(name).unwrap());
            for word in words.split(' ') {
                assert!(command.find_subcommand(word).is_none(), "{parent} {word}: {hint}");
            }
        }
    }

    #[test]
    fn hints_name_commands_and_flags_that_exist() {
        fn has(command: &Command, flag: &str) -> bool {
            command.get_arguments().any(|arg| arg.get_long() == Some(flag))
                || command.get_subcommands().any(|below| has(below, flag))
        }
        let mut grammar = grammar();
        // With `--version`.
        grammar.build();
        let OtherNames { commands, flags, arguments } = &*OTHER_NAMES;
        let hints = commands.iter().chain(flags).map(|[.., hint]| hint);
        for hint in hints.chain(arguments.iter().map(|[_, hint]| hint)) {
            for quoted in hint.split('`').skip(1).step_by(2) {
                let mut command = &grammar;
                let words = quoted.strip_prefix("orgtoken ").unwrap_or_default().split(' ');
                for word in words.take_while(|word| {
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())
                }) {
                    match command.find_subcommand(word) {
                        Some(below) => command = below,
                        None => {
                            assert_eq!((command.get_name(), word), ("help", "profiles"), "{hint}")
                        }
                    }
                }
                let flags = quoted.split(' ').filter_map(|word| word.strip_prefix("--"));
                for flag in flags.filter(|flag| !flag.is_empty()) {
                    assert!(has(command, flag), "{hint}");
                }
            }
        }
    }
}
