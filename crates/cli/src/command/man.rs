//! `man`: manual pages.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use orgtoken_client::error_chain;

use super::help::find;
use crate::args::candidates;
use crate::examples::{commands, examples};
use crate::failure::{EXIT_CODES, Failure};
use crate::help::{self, TOPICS, Topic};
use crate::io::console::Console;
use crate::io::new_file::refuse_secret;
use crate::io::text::{counted, sentence, shown};

/// Print the manual page of a command
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Command, such as `key generate` [default: orgtoken]
    #[arg(add = candidates(commands))]
    command: Vec<String>,
    /// Write the pages of all commands to this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, mut program: Command, console: &Console) -> Result<(), Failure> {
    program.build();
    if let Some(folder) = &args.dir {
        refuse_secret(folder)?;
        let pages = fs::create_dir_all(folder).and_then(|()| write(&program, folder));
        let pages = pages.map_err(|error| {
            let reason = error_chain(&error);
            let message = format!("cannot write manual pages to `{}`: {reason}", shown(folder));
            Failure::new("io.write", Some("check that you may write there"), message)
        })?;
        console.remark(&format_args!("wrote {}", counted(pages, "manual page")));
        return Ok(());
    }
    Ok(console.data(&page(find(&program, &args.command)?))?)
}

/// Writes the pages of a command and of those below it, and returns their number.
fn write(command: &Command, folder: &Path) -> io::Result<u64> {
    fs::write(folder.join(man(command).get_filename()), page(command))?;
    command.get_subcommands().try_fold(1, |pages, below| Ok(pages + write(below, folder)?))
}

fn man(command: &Command) -> Man {
    // clap_mangen leaves out the text of an argument that the short help hides.
    let shown = command.clone().mut_args(|arg| arg.hide_short_help(false));
    Man::new(shown).date(NO_DATE).source(SOURCE).manual("orgtoken")
}

fn page(command: &Command) -> Vec<u8> {
    let mut page = Vec::new();
    let rendered = man(command).render(&mut page);
    let rendered = rendered.and_then(|()| sections(command).to_writer(&mut page));
    rendered.expect("writing to a vector does not fail");
    page
}

/// Returns the sections that the grammar does not have.
fn sections(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let page = command.get_bin_name().expect("the program was built");
    let name = page.trim_start_matches("orgtoken").trim_start();
    roff.control("SH", ["EXAMPLES"]);
    for example in examples(name) {
        roff.control("TP", []);
        roff.text([roman(&example.purpose)]);
        roff.text([bold(&example.line)]);
    }
    let text = |(name, meaning): (&str, &str)| (name.to_owned(), sentence(meaning));
    let variables = match name {
        "" => help::setting_variables(),
        name => help::of_command(help::VARIABLES, command, name).map(text).collect(),
    };
    entries(&mut roff, "ENVIRONMENT", variables);
    let files = help::of_command(help::FILES, command, name).map(text).collect();
    entries(&mut roff, "FILES", files);
    let codes = EXIT_CODES.iter().map(|(code, meaning)| (code.to_string(), sentence(meaning)));
    entries(&mut roff, "EXIT STATUS", codes.collect());
    match page.rsplit_once(' ') {
        Some((above, _)) => {
            roff.control("SH", ["SEE ALSO"]);
            roff.text([roman(format!("{}(1)", above.replace(' ', "-")))]);
        }
        None => {
            let command = |topic: &Topic| format!("orgtoken help {}", topic.name);
            let topics = TOPICS.iter().map(|topic| (command(topic), sentence(&topic.about)));
            entries(&mut roff, "SEE ALSO", topics.collect());
        }
    }
    roff
}

fn entries(roff: &mut Roff, title: &str, rows: Vec<(String, String)>) {
    if !rows.is_empty() {
        roff.control("SH", [title]);
    }
    for (name, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(meaning)]);
    }
}

/// The pages are the same whenever they are written. The quotes keep the place of the date.
const NO_DATE: &str = "\"\"";
const SOURCE: &str = concat!("orgtoken ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_the_text_of_every_argument() {
        let mut program = help::documented(crate::grammar::grammar());
        program.build();
        let command = program.find_subcommand("record").unwrap();
        let command = command.find_subcommand("create").unwrap();
        let page = String::from_utf8(page(command)).unwrap();
        let page = page.replace("\\*(Aq", "'").replace('\\', "");
        for argument in command.get_arguments().filter(|it| it.get_id() != "help") {
            let text = argument.get_help().unwrap().to_string();
            assert!(page.contains(&text), "{argument}: {text}");
        }
    }
}
