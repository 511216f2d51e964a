//! The commands, from the grammar.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, Command};

use super::{code, head, row};

/// Every command with its options. Groups of options that many commands have, such as those of the
/// login, follow the commands.
pub(super) fn page() -> String {
    let mut grammar = orgtoken::grammar();
    grammar.build();
    let mut commands = Vec::new();
    collect(&grammar, "orgtoken", &mut commands);
    let shared = shared_groups(&commands);

    let mut page = String::new();
    for (name, command) in &commands {
        page += &section(name, command, &shared);
    }
    for (heading, options) in &shared {
        page += &format!("## {}\n\n{}\n", title(heading), table(options.iter().copied()));
    }
    let common: Vec<_> = grammar.get_arguments().filter(|arg| arg.is_global_set()).collect();
    page += &format!("## Options of every command\n\n{}", table(common.into_iter()));
    // Parts of texts and blocks of code each end with an empty line.
    while page.contains("\n\n\n") {
        page = page.replace("\n\n\n", "\n\n");
    }
    page
}

/// Adds the commands below `command`, with their full names.
fn collect<'a>(command: &'a Command, name: &str, into: &mut Vec<(String, &'a Command)>) {
    for command in command.get_subcommands() {
        let name = format!("{name} {}", command.get_name());
        if command.is_hide_set() || name.split(' ').skip(2).any(|word| word == "help") {
            continue;
        }
        into.push((name.clone(), command));
        collect(command, &name, into);
    }
}

type Groups<'a> = BTreeMap<&'a str, Vec<&'a Arg>>;

/// The number of commands that have a group of options, and these options.
type Counted<'a> = (usize, Vec<&'a Arg>);

/// Returns the most frequent group of each heading, if three commands have it.
fn shared_groups<'a>(commands: &[(String, &'a Command)]) -> Groups<'a> {
    let mut counts: BTreeMap<(&str, BTreeSet<&str>), Counted<'_>> = BTreeMap::new();
    for (_, command) in commands {
        for (heading, options) in groups(command) {
            let Some(heading) = heading else { continue };
            let entry = counts.entry((heading, ids(&options))).or_insert((0, options));
            entry.0 += 1;
        }
    }
    let mut shared: BTreeMap<&str, Counted<'_>> = BTreeMap::new();
    for ((heading, _), (count, options)) in counts {
        let most = shared.get(heading).map_or(2, |(most, _)| *most);
        if count > most {
            shared.insert(heading, (count, options));
        }
    }
    shared.into_iter().map(|(heading, (_, options))| (heading, options)).collect()
}

/// Returns the heading of a shared group.
fn title(heading: &str) -> String {
    if heading.ends_with("options") { heading.to_owned() } else { format!("{heading} options") }
}

/// Returns the options of a command by heading, in their order.
fn groups(command: &Command) -> Vec<(Option<&str>, Vec<&Arg>)> {
    let mut groups: Vec<(Option<&str>, Vec<&Arg>)> = Vec::new();
    for arg in command.get_arguments().filter(|arg| is_own(arg)) {
        let heading = arg.get_help_heading().filter(|_| !arg.is_positional());
        match groups.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, options)) => options.push(arg),
            None => groups.push((heading, vec![arg])),
        }
    }
    groups
}

/// Whether the page lists the argument with its command.
fn is_own(arg: &Arg) -> bool {
    !arg.is_global_set()
        && !arg.is_hide_set()
        && !["help", "version"].contains(&arg.get_id().as_str())
}

fn ids<'a>(options: &[&'a Arg]) -> BTreeSet<&'a str> {
    options.iter().map(|arg| arg.get_id().as_str()).collect()
}

fn section(name: &str, command: &Command, shared: &Groups<'_>) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let mut text = format!("## {name}\n\n{}\n", prose(&about.unwrap().to_string()));
    text += &format!("```text\n{usage}\n```\n\n");
    let mut links = Vec::new();
    for (heading, options) in groups(command) {
        match heading {
            Some(heading) if shared.get(heading).is_some_and(|all| ids(all) == ids(&options)) => {
                let anchor = title(heading).to_lowercase().replace('.', "").replace(' ', "-");
                links.push(format!("[{}](#{anchor})", heading.to_lowercase()));
            }
            Some(heading) => text += &format!("{heading}:\n\n{}\n", table(options.into_iter())),
            None => text += &format!("{}\n", table(options.into_iter())),
        }
    }
    if !links.is_empty() {
        text += &format!("Further options: {}.\n\n", links.join(", "));
    }
    let path: Vec<_> = name.split(' ').skip(1).map(str::to_owned).collect();
    let examples = orgtoken::examples(&path);
    let examples: String =
        examples.iter().map(|(purpose, line)| format!("# {purpose}\n{line}\n")).collect();
    if !examples.is_empty() {
        text += &format!("```text\n{examples}```\n\n");
    }
    if let Some(after) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        text += &format!("{}\n", prose(&after.to_string()));
    }
    text
}

/// Returns paragraphs. Example commands become code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for line in text.lines() {
        let example = line.trim_start();
        let is_command = example.starts_with("orgtoken ") && !example.ends_with('.');
        let now = is_command || (is_code && line.starts_with("  "));
        if now != is_code {
            out += if now { "\n```text\n" } else { "```\n\n" };
        }
        is_code = now;
        out += &if now { format!("{example}\n") } else { format!("{}\n", escaped(line)) };
    }
    if is_code { out + "```\n" } else { out }
}

fn table<'a>(options: impl Iterator<Item = &'a Arg>) -> String {
    let mut table = head(&["option", "meaning"]);
    for arg in options {
        table += &row(&[&name(arg), &meaning(arg)]);
    }
    table
}

fn name(arg: &Arg) -> String {
    let values: Vec<&str> =
        arg.get_value_names().into_iter().flatten().map(|n| n.as_str()).collect();
    let value = match values.as_slice() {
        _ if !arg.get_action().takes_values() => String::new(),
        [] => format!(" {}", arg.get_id().as_str().to_uppercase()),
        values => format!(" {}", values.join(" ")),
    };
    if arg.is_positional() {
        return code([value.trim()]);
    }
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}{value}"));
    code([short, long].into_iter().flatten())
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string);
    let mut text = escaped(&help.unwrap_or_default()).replace('\n', " ");
    let values = arg.get_possible_values();
    if !values.is_empty() && arg.get_action().takes_values() {
        let shown = values.iter().filter(|value| !value.is_hide_set());
        let shown = shown.map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({})", value.get_name(), escaped(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        });
        text += &format!(": {}", shown.collect::<Vec<_>>().join(", "));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().filter_map(|it| it.to_str()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        text += &format!(" [default: {}]", code(&defaults));
    }
    text
}

/// Returns text that Markdown does not take for a tag.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let is_code = at % 2 == 1;
        let part = if is_code { part.to_owned() } else { part.replace('<', "&lt;") };
        out += &if at > 0 { format!("`{part}") } else { part };
    }
    out
}
