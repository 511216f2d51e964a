//! The parts of help and manual pages that the grammar lacks: examples, variables, files, topics.

mod topics;

use clap::builder::StyledStr;
use clap::{Arg, Command};
use orgtoken_settings::{CONFIG_SCHEMA, Setting};
use serde_json::Value;

pub(crate) use topics::{TOPICS, Topic};

use crate::examples::{Example, examples};
use crate::failure::EXIT_CODES;

/// Adds examples, variables and topics to the help of all commands.
pub(crate) fn documented(program: Command) -> Command {
    let heading = program.get_styles().get_header().to_owned();
    let topics: String = TOPICS.iter().map(|topic| entry(&topic.name, &topic.about)).collect();
    let codes: Vec<_> =
        EXIT_CODES.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    // clap wraps this text badly.
    let codes = textwrap::fill(&format!("Exit codes: {}.", codes.join(", ")), WIDTH);
    let short = format!("{heading}Topics (orgtoken help TOPIC):{heading:#}\n{topics}\n{codes}");
    let long = format!("{}\n{short}", all_examples(&program, ""));
    with_pages(program, "")
        .after_help(StyledStr::from(short))
        .after_long_help(StyledStr::from(long))
}

/// Documents the commands below the one with this name.
fn with_pages(command: Command, name: &str) -> Command {
    command.mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        with_page(with_pages(below, &name), name.trim_start())
    })
}

fn with_page(command: Command, name: &str) -> Command {
    let heading = command.get_styles().get_header().to_owned();
    let has_heading = |heading: &&str| {
        command.get_arguments().any(|arg| arg.get_help_heading() == Some(*heading))
    };
    let shared: Vec<_> = SHARED.into_iter().filter(has_heading).collect();
    let shared = match shared.join(", ") {
        shared if shared.is_empty() => shared,
        shared => {
            let flag = if has(&command, "login_url") { "-P PROFILE" } else { "--proxy URL" };
            let more = "and others, see `orgtoken help login`";
            format!("{heading}{shared}:{heading:#} {flag} {more}\n\n")
        }
    };
    let example = examples(name).first().map_or("", |example| &*example.line);
    let short = format!("{shared}{heading}Example:{heading:#} {example}");
    let mut long = all_examples(&command, name);
    let variables: String =
        of_command(VARIABLES, &command, name).map(|(name, meaning)| entry(name, meaning)).collect();
    if !variables.is_empty() {
        long += &format!("\n{heading}Environment:{heading:#}\n{variables}");
    }
    let more = "orgtoken help TOPIC; `orgtoken --help` lists the topics";
    long += &format!("\n{heading}Read on:{heading:#} {more}");
    command
        .mut_args(|arg| if is_shared(&arg) { arg.hide_short_help(true) } else { arg })
        .after_help(StyledStr::from(short))
        .after_long_help(StyledStr::from(long))
}

fn all_examples(command: &Command, name: &str) -> String {
    let heading = command.get_styles().get_header();
    let of = |example: &Example| format!("  {}:\n    {}\n", example.purpose, example.line);
    let examples: String = examples(name).iter().map(of).collect();
    format!("{heading}Examples:{heading:#}\n{examples}")
}

fn entry(name: &str, meaning: &str) -> String {
    format!("  {name:28}  {meaning}\n")
}

fn has(command: &Command, id: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == id)
}

/// The arguments or groups whose commands use a variable or a file, its name, and its meaning.
type Row = (&'static str, &'static str, &'static str);

/// Returns name and meaning of the rows for a command. The page of the program has all rows.
pub(crate) fn of_command<'a>(
    rows: &'a [Row],
    command: &'a Command,
    name: &'a str,
) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
    let group = name.split(' ').next().unwrap_or_default();
    let is_of = move |of: &str| of == group || has(command, of);
    let rows = rows.iter().filter(move |(of, ..)| name.is_empty() || of.split(' ').any(is_of));
    rows.map(|&(_, name, meaning)| (name, meaning))
}

/// The variables that commands read, without those that the text of the command names.
pub(crate) const VARIABLES: &[Row] = &[
    ("login_url chosen", "ORGTOKEN_PROFILE", "profile of config.toml"),
    ("login_url", "ORGTOKEN_*, SF_*, …", "other settings: orgtoken help environment"),
    ("key_passphrase_file", "ORGTOKEN_PASSPHRASE", "passphrase of an encrypted key"),
    ("key_passphrase_file", "ORGTOKEN_PASSPHRASE_FILE", "file with the passphrase"),
    (WITH_TOKEN, "SF_ACCESS_TOKEN", "existing token, used instead of a login"),
    (WITH_TOKEN, "SF_INSTANCE_URL", "the org of SF_ACCESS_TOKEN"),
    ("proxy", "HTTPS_PROXY, NO_PROXY", "proxy, and hosts that need none"),
    ("proxy", "SSL_CERT_FILE, SSL_CERT_DIR", "trusted certificates"),
    ("serve", "LISTEN_FDS, LISTEN_PID", "sockets of the service manager"),
    ("hub_token_file", "ORGTOKEN_HUB_TOKEN", "token of the Hub"),
    ("hub_token_file", "ORGTOKEN_HUB_TOKEN_FILE", "file with the token of the Hub"),
];
const WITH_TOKEN: &str = "api bulk describe query record whoami";

/// The files that commands read or write and that are not arguments.
pub(crate) const FILES: &[Row] = &[
    (
        "login_url config setup",
        "~/.config/orgtoken/config.toml",
        "profiles; $XDG_CONFIG_HOME/orgtoken",
    ),
    ("setup", "~/.config/orgtoken/NAME.key", "private key of a profile"),
    ("setup", "~/.config/orgtoken/NAME.crt", "certificate of a profile, to upload to Salesforce"),
    ("no_cache cache", "~/.cache/orgtoken", "cached tokens; $XDG_CACHE_HOME/orgtoken"),
    ("serve", "$XDG_RUNTIME_DIR/orgtoken/orgtoken.sock", "socket of the service"),
];

/// Whether it is a flag that all commands with a login share.
fn is_shared(arg: &Arg) -> bool {
    arg.get_help_heading().is_some_and(|heading| SHARED.contains(&heading))
}

/// Returns every variable that is a setting, with its names in other tools. Each `…_FILE` that holds
/// the value of another one is left out.
pub(crate) fn setting_variables() -> Vec<(String, String)> {
    let mut descriptions = settings_of_profiles();
    descriptions.extend(OTHER_SETTINGS.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let mut rows = Vec::new();
    for setting in Setting::ALL {
        for variable in setting.variables() {
            let name = variable.trim_start_matches("ORGTOKEN_").to_ascii_lowercase();
            let described = descriptions.iter().find(|(known, _)| *known == name);
            let Some((_, meaning)) = described else { continue };
            let others = setting.third_party_variables().join(", ");
            let also = match variable == setting.variable() && !others.is_empty() {
                true => format!(" Also {others}."),
                false => String::new(),
            };
            rows.push((variable, format!("{meaning}{also}")));
        }
    }
    rows.sort();
    rows
}

/// The settings that no profile has.
const OTHER_SETTINGS: [(&str, &str); 5] = [
    ("passphrase", "The passphrase of the private key."),
    ("private_key", "The private key."),
    ("profile", "The profile of config.toml."),
    ("public_key", "The public key of signer_command."),
    ("record_key", "The key of the record, if the file has several."),
];

/// Returns the settings of a profile with their descriptions.
pub(crate) fn settings_of_profiles() -> Vec<(String, String)> {
    let schema: Value = serde_json::from_str(CONFIG_SCHEMA).expect("the schema is JSON");
    let profile = schema.pointer("/$defs/profile/properties").and_then(Value::as_object);
    let text = |value: &Value| Some(value.get("description")?.as_str()?.to_owned());
    let rows = profile.into_iter().flatten();
    rows.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// The headings of flags that commands with a login share.
const SHARED: [&str; 3] = ["Login", "Token", "Network"];

/// In columns: that of a terminal, since clap does not indent the lines that it wraps.
const WIDTH: usize = 80;

#[cfg(test)]
mod tests;
