//! `man`: manual pages.

use clap_mangen::Man;

use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::console::Console;

/// Print the manual page
///
/// Read it with: orgtoken man | man -l -
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Command, such as `key generate` [default: orgtoken]
    command: Vec<String>,
}

pub(crate) fn run(
    args: &Args,
    mut program: clap::Command,
    console: &Console,
) -> Result<(), Failure> {
    program.build();
    let mut command = &program;
    for name in &args.command {
        command = command.find_subcommand(name).ok_or_else(UsageError::unknown_command)?;
    }
    Ok(console.data(page(command.clone()).as_bytes())?)
}

fn page(command: clap::Command) -> String {
    let about = command.get_long_about().map(|about| examples_apart(&about.to_string()));
    let command = about.into_iter().fold(command, clap::Command::long_about);
    let mut page = Vec::new();
    Man::new(command)
        .source(SOURCE)
        .manual("orgtoken")
        .render(&mut page)
        .expect("writing to a vector does not fail");
    // The text after the help of the program is its exit codes.
    String::from_utf8_lossy(&page).replace(".SH EXTRA", ".SH EXIT STATUS")
}

/// Puts each example into a paragraph, since a manual page joins lines.
fn examples_apart(about: &str) -> String {
    let is_example = |line: &str| line.starts_with("orgtoken ") || line.contains(":  ");
    let apart = |line| if is_example(line) { format!("\n{line}\n") } else { format!("{line}\n") };
    about.lines().map(apart).collect()
}

const SOURCE: &str = concat!("orgtoken ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_paragraphs() {
        let about = "Run it\n\norgtoken exec -- a\norgtoken exec -- b\n\nMore,\nand more.";
        let apart = "Run it\n\n\norgtoken exec -- a\n\norgtoken exec -- b\n\nMore,\nand more.\n";
        assert_eq!(examples_apart(about), apart);
        assert_eq!(examples_apart("List:   orgtoken api x"), "\nList:   orgtoken api x\n");
    }
}
