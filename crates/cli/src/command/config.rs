//! `orgtoken config`: the profiles of `config.toml`.

mod delete;
mod edit;
mod list;
mod show;

use std::env;
use std::path::absolute;

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use orgtoken_oauth::redact;
use orgtoken_settings::Setting;
use serde_json::json;

use crate::args::{UsageError, candidates, profile_names};
use crate::environment::{at_home, variable};
use crate::failure::Failure;
use crate::help::settings_of_profiles;
use crate::io::console::Console;
use crate::io::text::shown;
use crate::login::config::Config;

/// List, show and edit the profiles of config.toml
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the profiles, their users and orgs
    List,
    Show(Show),
    Set(Set),
    Unset(Unset),
    Use(Use),
    Delete(delete::Args),
    /// Edit config.toml in $VISUAL or $EDITOR, and check it
    Edit,
    /// Print the path of config.toml
    Path,
}

/// Show the entries and the problems of a profile
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Profile [default: the default profile]
    #[arg(value_parser = NonEmptyStringValueParser::new(), add = candidates(profile_names))]
    name: Option<String>,
    #[command(flatten)]
    choice: Choice,
}

/// Set an entry of a profile; a new profile is added
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    choice: Choice,
    /// Entry, such as `username`
    #[arg(value_parser = entry, add = candidates(entries))]
    entry: String,
    /// Value; lists such as `allow_hosts` take several
    #[arg(required = true, value_parser = NonEmptyStringValueParser::new())]
    values: Vec<String>,
}

/// Remove an entry of a profile
#[derive(Debug, clap::Args)]
pub(crate) struct Unset {
    #[command(flatten)]
    choice: Choice,
    /// Entry to remove
    #[arg(add = candidates(entries))]
    entry: String,
}

/// Make a profile the default
#[derive(Debug, clap::Args)]
pub(crate) struct Use {
    /// Profile to use by default
    #[arg(add = candidates(profile_names))]
    profile: String,
}

#[derive(Debug, clap::Args)]
struct Choice {
    /// Profile [default: the default profile]
    #[arg(short = 'P', long = "profile", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = candidates(profile_names))]
    chosen: Option<String>,
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    let config = Config::read()?;
    match command {
        Command::List => list::run(&config, console),
        Command::Show(args) => {
            let name = named(args.name.as_deref().or(args.choice.chosen.as_deref()));
            show::run(&config, &config.parsed().existing_name(name.as_deref())?, console)
        }
        Command::Set(args) => set(args, &config, console),
        Command::Unset(args) => unset(args, &config, console),
        Command::Use(args) => make_default(args, &config, console),
        Command::Delete(args) => delete::run(args, &config, console),
        Command::Edit => edit::run(&config, console),
        Command::Path => path(&config, console),
    }
}

/// Returns the names of all entries.
fn entries() -> Vec<String> {
    settings_of_profiles().into_iter().map(|(name, _)| name).collect()
}

/// Refuses `username=robot@acme.com`.
fn entry(text: &str) -> Result<String, &'static str> {
    let expected = "expected an entry and its value as separate words";
    if text.contains('=') { Err(expected) } else { Ok(text.to_owned()) }
}

/// Returns the profile that was named, by flag or variable.
fn named(flag: Option<&str>) -> Option<String> {
    let variable = || Some(variable("ORGTOKEN_PROFILE")?.to_string_lossy().into_owned());
    flag.map(str::to_owned).or_else(variable)
}

fn set(args: &Set, config: &Config, console: &Console) -> Result<(), Failure> {
    // A proxy is given without `http://`, too.
    let is_secret = |value: &String| {
        redact::may_have_password(value)
            || args.entry == Setting::Proxy.name() && value.contains('@')
    };
    if args.values.iter().any(is_secret) {
        let error = UsageError::secret_in_argv("a URL with a password");
        let hint = "replace the password, and enter the new one with `orgtoken config edit`";
        return Err(Failure::from(error).with_hint(hint));
    }
    let file = config.parsed();
    if let Some(failure) = misplaced(args, config) {
        return Err(failure);
    }
    let mut editor = config.editor()?;
    let profile = named(args.choice.chosen.as_deref());
    let profile = match profile.map_or_else(|| file.existing_name(None), Ok) {
        Err(problems) if file.names().is_empty() => {
            let hint = "name the new profile with `--profile NAME`, or run `orgtoken setup`";
            return Err(Failure::from(problems).with_hint(hint));
        }
        result => result?,
    };
    editor.set(&profile, &args.entry, &args.values, &env::current_dir().unwrap_or_default())?;
    config.write(&editor)?;
    if config.layer(&profile).is_none() {
        console.remark(&format_args!("added profile {}", redact::name(&profile)));
    }
    if let (true, [value]) = (args.entry.ends_with("_file"), args.values.as_slice()) {
        let path = absolute(at_home(value)).unwrap_or_default();
        if value != "-" && !path.exists() {
            console.warn(&format_args!("`{}` does not exist yet", shown(&path)));
        }
    }
    done(&profile, console)
}

/// Returns the error of `config set acme username robot@acme.com` and `config set default_profile
/// acme`, which are about a profile and not about an entry.
fn misplaced(args: &Set, config: &Config) -> Option<Failure> {
    let entries = settings_of_profiles();
    let is_entry = |name: &str| entries.iter().any(|(known, _)| known == name);
    if ["default", "default_profile", "profile"].contains(&args.entry.as_str()) {
        let hint = "run `orgtoken config use NAME` to choose the default profile";
        return Some(Failure::new(
            "usage.value",
            Some(hint),
            "the default profile is not an entry",
        ));
    }
    let entry = args.values.first().filter(|value| is_entry(value) && !is_entry(&args.entry))?;
    let profile = config.parsed().existing_name(Some(&args.entry)).ok();
    let profile = profile.as_deref().map_or("NAME", redact::label);
    let hint = format!("run `orgtoken config set --profile {profile} {entry} VALUE`");
    let message = format!("expected an entry and its value, found `{entry}` as the value");
    Some(Failure::new("usage.value", Some(hint), message))
}

fn unset(args: &Unset, config: &Config, console: &Console) -> Result<(), Failure> {
    let profile = config.parsed().existing_name(named(args.choice.chosen.as_deref()).as_deref())?;
    let mut editor = config.editor()?;
    if !editor.unset(&profile, &args.entry)? {
        let profile = redact::label(&profile);
        let message = format!("profile {profile} has no such entry");
        let hint = format!("run `orgtoken config show {profile}` to see its entries");
        return Err(Failure::new("settings.unknown", Some(hint), message));
    }
    config.write(&editor)?;
    done(&profile, console)
}

fn make_default(args: &Use, config: &Config, console: &Console) -> Result<(), Failure> {
    let mut editor = config.editor()?;
    editor.set_default(&args.profile)?;
    config.write(&editor)?;
    done(&args.profile, console)
}

fn done(profile: &str, console: &Console) -> Result<(), Failure> {
    let json = json!({ "profile": redact::name(profile) });
    if console.json() { Ok(console.document(&json)?) } else { Ok(()) }
}

fn path(config: &Config, console: &Console) -> Result<(), Failure> {
    if console.json() {
        return Ok(console.document(&json!({ "path": config.name }))?);
    }
    Ok(console.data(format!("{}\n", config.name).as_bytes())?)
}
