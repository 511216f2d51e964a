//! Login flags before the command: `orgtoken -P acme token`.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgAction, Args as _, value_parser};

use super::Caller;
use super::same_login::is_given;

/// Moves the flags before the command behind it if there are login flags among them. `common` are
/// the flags of every command.
///
/// A flag of every command would be `global` in clap. But these flags are not flags of every command,
/// and in `api` `-f` and `-i` are others. So they get their long names.
pub(crate) fn behind_command(
    typed: Vec<OsString>,
    common: impl FnOnce(clap::Command) -> clap::Command,
    grammar: impl FnOnce() -> clap::Command,
) -> Result<Vec<OsString>, clap::Error> {
    if !typed.get(1).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-")) {
        return Ok(typed);
    }
    let login = Caller::augment_args(clap::Command::new("orgtoken").args_override_self(true));
    let leading = common(login.clone())
        .allow_external_subcommands(true)
        .external_subcommand_value_parser(value_parser!(OsString));
    let matches = match leading.clone().try_get_matches_from(&typed) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::InvalidValue => return Err(error),
        Err(error) if error.kind() == ErrorKind::ValueValidation => return Err(error),
        // The grammar of all commands reports it, or prints help.
        Err(_) => return Ok(typed),
    };
    if !login.get_arguments().any(|flag| is_given(&matches, flag)) {
        return Ok(typed);
    }
    let Some((name, rest)) = matches.subcommand() else { return Ok(typed) };
    let rest: Vec<_> = rest.get_many::<OsString>("").into_iter().flatten().collect();
    let mut moved: Vec<OsString> = typed.into_iter().take(1).chain([name.into()]).collect();
    // The flags follow the whole name of the command, such as `record get`.
    let program = grammar();
    let mut command = program.find_subcommand(name);
    let mut names = 0;
    while let Some(word) = rest.get(names)
        && let Some(inner) = command.and_then(|command| command.find_subcommand(word))
    {
        moved.push(OsString::clone(word));
        (command, names) = (Some(inner), names + 1);
    }
    for flag in leading.get_arguments().filter(|flag| is_given(&matches, flag)) {
        let name = format!("--{}", flag.get_long().expect("each of these flags has a long name"));
        let id = flag.get_id().as_str();
        match flag.get_action() {
            ArgAction::SetTrue => moved.push(name.into()),
            ArgAction::Count => {
                moved.extend((0..matches.get_count(id)).map(|_| OsString::from(&name)));
            }
            _ => moved.extend(matches.get_raw(id).into_iter().flatten().map(|value| {
                let mut word = OsString::from(format!("{name}="));
                word.push(value);
                word
            })),
        }
    }
    moved.extend(rest.into_iter().skip(names).cloned());
    Ok(moved)
}
