//! Login flags before the command: `orgtoken -P acme token`.

use std::ffi::OsString;

use clap::{Args as _, Command, value_parser};

use super::Caller;

/// Moves the flags before the command behind it. `common` are the flags of every command. An error is
/// about a flag that cannot be moved.
///
/// A flag of every command would be `global` in clap. But these flags are not flags of every
/// command, and in `api` `-f` and `-i` are others: there they are not moved.
pub(crate) fn behind_command(
    mut typed: Vec<OsString>,
    common: impl FnOnce(Command) -> Command,
    grammar: impl FnOnce() -> Command,
) -> Result<Vec<OsString>, clap::Error> {
    if !typed.get(1).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-")) {
        return Ok(typed);
    }
    let leading = Command::new("orgtoken").version("").args_override_self(true);
    let leading = Caller::augment_args(leading);
    // The command reports an invalid value.
    let leading = common(leading).mut_args(|flag| match flag.get_action().takes_values() {
        true => flag.value_parser(value_parser!(OsString)),
        false => flag,
    });
    let leading = leading
        .allow_external_subcommands(true)
        .external_subcommand_value_parser(value_parser!(OsString));
    let matches = match leading.try_get_matches_from(&typed) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => return Err(error),
        // The grammar of all commands prints help and version.
        Err(_) => return Ok(typed),
    };
    let Some((name, rest)) = matches.subcommand() else { return Ok(typed) };
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
        let word = word.to_string_lossy();
        let letters = word.strip_prefix('-').map(|word| word.trim_start_matches('v'));
        letters.is_some_and(|letters| letters.starts_with(['f', 'i']))
    };
    match typed[1..=flags].iter().position(is_other) {
        // The error is about the first flag.
        Some(other) if name == "api" => typed[1..=flags].rotate_left(other),
        _ => typed[1..=flags + names].rotate_left(flags),
    }
    Ok(typed)
}
