//! `completions`: completion scripts, and the answers to them.
//!
//! The script of a shell runs `orgtoken` with [`VARIABLE`] for each completion, so that profiles of
//! `config.toml` are completed as well. Nothing is sent, and only `config.toml` is read.

use std::env;
use std::ffi::OsString;

use clap::{Arg, Args as _, Command};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::args::Caller;
use crate::environment::COMPLETION as VARIABLE;
use crate::failure::Failure;
use crate::io::console::Console;

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
pub(crate) fn answer(typed: &[OsString], program: fn() -> Command) -> bool {
    let folder = env::current_dir().ok();
    // Login flags may come before the command, and are not shown there.
    let with_login = || {
        let is_own = |arg: &Arg| arg.get_help_heading().is_none();
        Caller::augment_args(program())
            .mut_args(|arg| if is_own(&arg) { arg } else { arg.hide(true) })
    };
    let complete = CompleteEnv::with_factory(with_login).var(VARIABLE);
    let mut words = typed.to_vec();
    // bash splits `--profile=acme` at the `=`. Without it, the same number of words has to be left.
    for at in 1..words.len() {
        if words[at] == "=" && words[at - 1].as_encoded_bytes().starts_with(b"--") {
            words[at] = std::mem::replace(&mut words[at - 1], "--json".into());
        }
    }
    // Another value of the variable is an error, whose text would repeat it.
    complete.try_complete(words, folder.as_deref()).unwrap_or_default()
}

/// In a folder of `fpath`, zsh runs the script as a function at the first completion.
const ZSH_AUTOLOAD: &str = "
if [ \"$funcstack[1]\" = \"_orgtoken\" ]; then
    _clap_dynamic_completer_orgtoken \"$@\"
fi
";
