//! `man`: manual pages.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::help::unknown;
use crate::args::candidates;
use crate::examples::{commands, examples};
use crate::failure::{EXIT_CODES, Failure};
use crate::help::{self, TOPICS};
use crate::io::console::Console;
use crate::io::text::{counted, reason, sentence, shown};

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
        return write_all(&program, folder, console);
    }
    let mut command = &program;
    for name in &args.command {
        command = command.find_subcommand(name).ok_or_else(|| unknown(name, command))?;
    }
    Ok(console.data(&page(command, &args.command, &program))?)
}

fn write_all(program: &Command, folder: &Path, console: &Console) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let reason = reason(&error);
        let message = format!("cannot write manual pages to `{}`: {reason}", shown(folder));
        Failure::new("io.write", Some("check that you may write there"), message)
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut paths = vec![Vec::new()];
    descend(program, &mut Vec::new(), &mut paths);
    for path in &paths {
        let command = find(program, path);
        let name = folder.join(format!("{}.1", page_name(path)));
        fs::write(name, page(command, path, program)).map_err(failed)?;
    }
    let pages = counted(paths.len() as u64, "manual page");
    console.remark(&format_args!("wrote {pages}"));
    Ok(())
}

/// Collects the paths of all commands below this one.
fn descend(command: &Command, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for below in command.get_subcommands() {
        path.push(below.get_name().to_owned());
        paths.push(path.clone());
        descend(below, path, paths);
        path.pop();
    }
}

fn find<'a>(program: &'a Command, path: &[String]) -> &'a Command {
    let below = |command: &'a Command, name: &String| command.find_subcommand(name);
    path.iter().try_fold(program, below).expect("the path is that of a command")
}

fn page_name(path: &[String]) -> String {
    ["orgtoken"].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}

fn page(command: &Command, path: &[String], program: &Command) -> Vec<u8> {
    // clap_mangen leaves out the text of an argument that the short help hides.
    let shown = command.clone().mut_args(|arg| arg.hide_short_help(false));
    let man = Man::new(shown).date(NO_DATE).source(SOURCE).manual("orgtoken");
    let mut page = Vec::new();
    let mut render = || {
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        if command.get_arguments().next().is_some() {
            man.render_options_section(&mut page)?;
        }
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        sections(command, path, program).to_writer(&mut page)
    };
    render().expect("writing to a vector does not fail");
    page
}

/// Returns the sections that the grammar does not have.
fn sections(command: &Command, path: &[String], program: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for example in examples(&path.join(" ")) {
        roff.control("TP", []);
        roff.text([roman(&example.purpose)]);
        roff.text([bold(&example.line)]);
    }
    let variables = match path {
        [] => help::setting_variables(),
        path => help::variables(command, path)
            .into_iter()
            .map(|(name, meaning)| (name.to_owned(), sentence(meaning)))
            .collect(),
    };
    entries(&mut roff, "ENVIRONMENT", variables);
    let files = help::files(command, path);
    let files = files.iter().map(|(name, meaning)| ((*name).to_owned(), sentence(meaning)));
    entries(&mut roff, "FILES", files);
    let codes = EXIT_CODES.iter().map(|(code, meaning)| (code.to_string(), sentence(meaning)));
    entries(&mut roff, "EXIT STATUS", codes);
    roff.control("SH", ["SEE ALSO"]);
    let pages = see_also(path, program);
    let pages: Vec<_> = pages.iter().map(|name| format!("{name}(1)")).collect();
    roff.text([roman(pages.join(", "))]);
    if path.is_empty() {
        let topics = TOPICS
            .iter()
            .map(|topic| (format!("orgtoken help {}", topic.name), sentence(&topic.about)));
        topics.for_each(|topic| entry(&mut roff, topic));
    }
    roff
}

fn entries(roff: &mut Roff, title: &str, rows: impl IntoIterator<Item = (String, String)>) {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_some() {
        roff.control("SH", [title]);
        rows.for_each(|row| entry(roff, row));
    }
}

fn entry(roff: &mut Roff, (name, meaning): (String, String)) {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text([roman(meaning)]);
}

/// Returns the pages of the command above, and of the commands beside and below.
fn see_also(path: &[String], program: &Command) -> Vec<String> {
    let mut paths = Vec::new();
    descend(program, &mut Vec::new(), &mut paths);
    let is_near = |other: &&Vec<String>| match (path.split_last(), other.split_last()) {
        (None, Some((_, above))) => above.is_empty(),
        (Some(_), Some((_, above))) if above == path => true,
        (Some((_, [group])), Some((_, [other]))) => group == other,
        _ => false,
    };
    let near = paths.iter().filter(is_near).filter(|other| *other != path).map(|it| page_name(it));
    let above = path.split_last().map(|(_, above)| page_name(above));
    above.into_iter().chain(near).collect()
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
        let path = ["record", "create"].map(str::to_owned);
        let command = find(&program, &path);
        let page = String::from_utf8(page(command, &path, &program)).unwrap();
        let page = page.replace("\\*(Aq", "'").replace('\\', "");
        for argument in command.get_arguments().filter(|it| it.get_id() != "help") {
            let text = argument.get_help().unwrap().to_string();
            assert!(page.contains(&text), "{argument}: {text}");
        }
    }
}
