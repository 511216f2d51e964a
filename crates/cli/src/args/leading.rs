//! Login flags before the command: `orgtoken -P acme token`.

use std::ffi::OsString;

use clap::{Args as _, Command, value_parser};

use super::Caller;

/// Moves the flags before the command behind it. `common` are the flags of every command.
///
/// A flag of every command would be `global` in clap. But these flags are not flags of every
/// command, and in `api` `-f` and `-i` are others: there they are not moved.
pub(crate) fn behind_command(
    mut typed: Vec<OsString>,
    common: impl FnOnce(Command) -> Command,
    grammar: impl FnOnce() -> Command,
) -> Vec<OsString> {
    if !typed.get(1).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-")) {
        return typed;
    }
    let leading = Caller::augment_args(Command::new("orgtoken").args_override_self(true));
    // The command reports an invalid value.
    let leading = common(leading).mut_args(|flag| match flag.get_action().takes_values() {
        true => flag.value_parser(value_parser!(OsString)),
        false => flag,
    });
    let leading = leading
        .allow_external_subcommands(true)
        .external_subcommand_value_parser(value_parser!(OsString));
    // The grammar of all commands reports the error, or prints help.
    let Ok(matches) = leading.try_get_matches_from(&typed) else { return typed };
    let Some((name, rest)) = matches.subcommand() else { return typed };
    let rest: Vec<_> = rest.get_many::<OsString>("").into_iter().flatten().collect();
    // The flags follow the whole name of the command, such as `record get`.
    let program = grammar();
    let mut command = program.find_subcommand(name);
    let mut names = 1;
    for word in &rest {
        command = command.and_then(|command| command.find_subcommand(word));
        names += usize::from(command.is_some());
    }
    let flags = typed.len() - 2 - rest.len();
    let is_other = |word: &OsString| {
        let word = word.as_encoded_bytes();
        word.starts_with(b"-f") || word.starts_with(b"-i")
    };
    if name == "api" && typed[1..=flags].iter().any(is_other) {
        return typed;
    }
    typed[1..=flags + names].rotate_left(flags);
    typed
}
