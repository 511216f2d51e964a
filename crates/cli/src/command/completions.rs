//! `completions`: completion scripts.

use clap_complete::Shell;

use crate::failure::Failure;
use crate::io::console::Console;

/// Print a completion script for a shell
///
/// For bash:
///   mkdir -p ~/.local/share/bash-completion/completions
///   orgtoken completions bash > ~/.local/share/bash-completion/completions/orgtoken
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Shell that reads the script
    shell: Shell,
}

pub(crate) fn run(
    args: &Args,
    mut program: clap::Command,
    console: &Console,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "orgtoken", &mut script);
    Ok(console.data(&script)?)
}
