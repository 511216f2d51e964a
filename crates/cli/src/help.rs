//! The parts of help and manual pages that the grammar lacks: examples, environment, files, topics.

mod topics;

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command};
use orgtoken_settings::{CONFIG_SCHEMA, Setting};
use serde_json::Value;

pub(crate) use topics::{TOPICS, Topic};

use crate::examples::{Example, examples};
use crate::failure::EXIT_CODES;

/// Adds examples, environment and references to the help of all commands.
pub(crate) fn documented(program: Command) -> Command {
    let topics: String = TOPICS.iter().map(|topic| entry(&topic.name, &topic.about)).collect();
    let heading = program.get_styles().get_header().to_owned();
    let topics = format!("{heading}Topics (orgtoken help TOPIC):{heading:#}\n{topics}");
    let codes: Vec<_> =
        EXIT_CODES.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    // clap wraps this text badly.
    let codes = textwrap::fill(&format!("Exit codes: {}.", codes.join(", ")), WIDTH);
    let short = format!("{topics}\n{codes}");
    let long = long_ending(&program, &[], &short);
    let documented = with_pages(program, &mut Vec::new());
    documented.after_help(StyledStr::from(short)).after_long_help(StyledStr::from(long))
}

fn with_pages(command: Command, path: &mut Vec<String>) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(&name, |below| {
            path.push(name.clone());
            let below = with_page(with_pages(below, path), path);
            path.pop();
            below
        })
    })
}

fn with_page(command: Command, path: &[String]) -> Command {
    let heading = command.get_styles().get_header().to_owned();
    let mut short = String::new();
    let has_heading = |heading: &&str| {
        command.get_arguments().any(|arg| arg.get_help_heading() == Some(*heading))
    };
    let headings: Vec<_> = SHARED.into_iter().filter(has_heading).collect();
    if !headings.is_empty() {
        let flag = if has(&command, "login_url") { "-P PROFILE" } else { "--proxy URL" };
        let _ = writeln!(
            short,
            "{heading}{}:{heading:#} {flag} and others, see `orgtoken help login`\n",
            headings.join(", ")
        );
    }
    if let Some(Example { line, .. }) = examples(&path.join(" ")).first() {
        let _ = write!(short, "{heading}Example:{heading:#} {line}");
    }
    let topics: String = TOPICS
        .iter()
        .filter(|topic| topic.is_about(&command, path))
        .map(|topic| entry(&format!("orgtoken help {}", topic.name), &topic.about))
        .collect();
    let topics = match topics.as_str() {
        "" => topics,
        topics => format!("{heading}Read on:{heading:#}\n{topics}"),
    };
    let long = long_ending(&command, path, &topics);
    command
        .mut_args(|arg| if is_shared(&arg) { arg.hide_short_help(true) } else { arg })
        .after_help(StyledStr::from(short))
        .after_long_help(StyledStr::from(long))
}

/// Returns the end of the long help: examples, environment and `rest`.
fn long_ending(command: &Command, path: &[String], rest: &str) -> String {
    let heading = command.get_styles().get_header();
    let mut sections = Vec::new();
    let of = |example: &Example| format!("  {}:\n    {}\n", example.purpose, example.line);
    let examples: String = examples(&path.join(" ")).iter().map(of).collect();
    if !examples.is_empty() {
        sections.push(format!("{heading}Examples:{heading:#}\n{examples}"));
    }
    let variables = variables(command, path);
    if !variables.is_empty() {
        let lines: String =
            variables.iter().map(|(names, meaning)| entry(names, meaning)).collect();
        sections.push(format!("{heading}Environment:{heading:#}\n{lines}"));
    }
    if !rest.is_empty() {
        sections.push(rest.to_owned());
    }
    sections.join("\n").trim_end().to_owned()
}

fn entry(name: &str, meaning: &str) -> String {
    format!("  {name:28}  {meaning}\n")
}

/// Whether it is a flag that all commands with a login share.
fn is_shared(arg: &Arg) -> bool {
    arg.get_help_heading().is_some_and(|heading| SHARED.contains(&heading))
}

fn has(command: &Command, id: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == id)
}

/// Returns the variables that a command reads, and their meaning.
pub(crate) fn variables(command: &Command, path: &[String]) -> Vec<(&'static str, &'static str)> {
    let name = path.join(" ");
    let mut variables = Vec::new();
    if has(command, "login_url") {
        variables.push(("ORGTOKEN_PROFILE", "profile of config.toml"));
        variables.push(("ORGTOKEN_*, SF_*, …", "other settings: orgtoken help environment"));
    } else if name == "config" || has(command, "chosen") {
        variables.push(("ORGTOKEN_PROFILE", "profile of config.toml"));
    }
    if has(command, "key_passphrase_file") {
        variables.push(("ORGTOKEN_PASSPHRASE", "passphrase of an encrypted key"));
        variables.push(("ORGTOKEN_PASSPHRASE_FILE", "file with the passphrase"));
    }
    if ["api", "describe", "query", "whoami"].contains(&name.as_str())
        || ["bulk ", "record "].iter().any(|group| name.starts_with(group))
    {
        variables.push(("SF_ACCESS_TOKEN", "existing token, used instead of a login"));
        variables.push(("SF_INSTANCE_URL", "the org of SF_ACCESS_TOKEN"));
    }
    if has(command, "proxy") {
        variables.push(("HTTPS_PROXY, NO_PROXY", "proxy, and hosts that need none"));
        variables.push(("SSL_CERT_FILE, SSL_CERT_DIR", "trusted certificates"));
    }
    let own: &[(&str, &str)] = match name.as_str() {
        "config edit" => &[("VISUAL, EDITOR", "command of the editor")],
        "serve" => &[("LISTEN_FDS, LISTEN_PID", "sockets of the service manager")],
        "settings pull" => &[
            ("ORGTOKEN_HUB_TOKEN", "token of the Hub"),
            ("ORGTOKEN_HUB_TOKEN_FILE", "file with the token of the Hub"),
        ],
        _ => &[],
    };
    variables.extend(own);
    variables
}

/// Returns the files that a command reads or writes, and their meaning.
pub(crate) fn files(command: &Command, path: &[String]) -> Vec<(&'static str, &'static str)> {
    let group = path.first().map(String::as_str);
    let has_profiles =
        has(command, "login_url") || matches!(group, None | Some("config" | "setup"));
    let mut files = Vec::new();
    if has_profiles {
        files.push((
            "~/.config/orgtoken/config.toml",
            "profiles; the folder is $XDG_CONFIG_HOME/orgtoken",
        ));
    }
    if group == Some("setup") {
        files.push(("~/.config/orgtoken/NAME.key", "private key of a profile"));
        files.push((
            "~/.config/orgtoken/NAME.crt",
            "certificate of a profile, to upload to Salesforce",
        ));
    }
    if has(command, "no_cache") || matches!(group, None | Some("cache")) {
        files.push(("~/.cache/orgtoken", "cached tokens; $XDG_CACHE_HOME/orgtoken"));
    }
    if group == Some("serve") {
        files.push(("$XDG_RUNTIME_DIR/orgtoken/orgtoken.sock", "socket of the service"));
    }
    files
}

/// Returns every variable that is a setting, with its names in other tools. Each `…_FILE` that holds
/// the value of another one is left out.
pub(crate) fn setting_variables() -> Vec<(String, String)> {
    let descriptions = settings_of_profiles();
    let mut rows = Vec::new();
    for setting in Setting::ALL {
        for variable in setting.variables() {
            let name = variable.trim_start_matches("ORGTOKEN_").to_ascii_lowercase();
            let described = descriptions.iter().find(|(known, _)| *known == name);
            let Some(meaning) = described.map(|(_, text)| &**text).or_else(|| other(&name)) else {
                continue;
            };
            let others = setting.third_party_variables().join(", ");
            let is_value = variable == setting.variable();
            let others = if is_value && !others.is_empty() {
                format!(" Also {others}.")
            } else {
                String::new()
            };
            rows.push((variable, format!("{meaning}{others}")));
        }
    }
    rows.sort();
    rows
}

/// Returns the meaning of a setting that no profile has.
fn other(name: &str) -> Option<&'static str> {
    Some(match name {
        "passphrase" => "The passphrase of the private key.",
        "private_key" => "The private key.",
        "profile" => "The profile of config.toml.",
        "public_key" => "The public key of signer_command.",
        "record_key" => "The key of the record, if the file has several.",
        _ => return None,
    })
}

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
