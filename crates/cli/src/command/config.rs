//! `orgtoken config`: the profiles of `config.toml`.

mod edit;
mod list;
mod show;

use std::path::{PathBuf, absolute};

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use orgtoken_oauth::redact;
use orgtoken_settings::{ConfigEditor, ConfigFile, Loader};
use serde_json::json;
use zeroize::Zeroizing;

use crate::environment::{config_file, variable};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::read_config_or_empty;
use crate::io::new_file::{create_folder, replace};

/// List, show and edit the profiles of config.toml
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the profiles, their users and orgs
    List,
    Show(Show),
    Set(Set),
    Unset(Unset),
    Use(Use),
    /// Edit config.toml in $VISUAL or $EDITOR, and check it
    Edit,
    /// Print the path of config.toml
    Path,
}

/// Show the entries and the problems of a profile
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Profile [default: the default profile]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
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
    entry: String,
}

/// Make a profile the default
#[derive(Debug, clap::Args)]
pub(crate) struct Use {
    /// Profile to use by default
    profile: String,
}

#[derive(Debug, clap::Args)]
struct Choice {
    /// Profile [default: the default profile]
    #[arg(short = 'P', long = "profile", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    chosen: Option<String>,
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    let config = Config::read()?;
    match command {
        Command::List => list::run(&config, console),
        Command::Show(args) => show::run(
            &config,
            &config.existing(args.name.as_deref().or(args.choice.chosen.as_deref()))?,
            console,
        ),
        Command::Set(args) => set(args, &config, console),
        Command::Unset(args) => unset(args, &config, console),
        Command::Use(args) => make_default(args, &config, console),
        Command::Edit => edit::run(&config, console),
        Command::Path => path(&config, console),
    }
}

/// The file and its content, which is empty if there is no file.
struct Config {
    path: PathBuf,
    name: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Config {
    fn read() -> Result<Self, Failure> {
        let path = config_file().ok_or_else(|| {
            Failure::new(
                "settings.home",
                Some("set HOME or XDG_CONFIG_HOME to a full path"),
                "the folder of config.toml is unknown",
            )
        })?;
        let name = path.to_string_lossy().into_owned();
        let bytes = read_config_or_empty(&path)?;
        Ok(Self { path, name, bytes })
    }

    fn parsed(&self) -> ConfigFile<'_> {
        ConfigFile::parse(&self.bytes, &self.name)
    }

    /// Returns the profile that was named, by flag or variable, or else the default.
    fn choose(&self, named: Option<&str>) -> Result<String, Failure> {
        let variable = || Some(variable("ORGTOKEN_PROFILE")?.to_string_lossy().into_owned());
        let chosen =
            named.map(str::to_owned).or_else(variable).or_else(|| self.parsed().default_name());
        chosen.ok_or_else(|| {
            let hint = "name one with `--profile`, or run `orgtoken config use NAME`";
            let message = match self.parsed().names().as_slice() {
                [] => "config.toml has no profile".to_owned(),
                names => {
                    let names: Vec<_> = names.iter().map(|name| redact::label(name)).collect();
                    format!("config.toml has several profiles and no default: {}", names.join(", "))
                }
            };
            Failure::new("settings.profile", Some(hint), message)
        })
    }

    /// The same for a profile that has to exist.
    fn existing(&self, named: Option<&str>) -> Result<String, Failure> {
        let profile = self.choose(named)?;
        let file = self.parsed();
        if !file.names().contains(&profile)
            && let (_, Some(problems)) = Loader::new([file.profile(Some(&profile))]).shown()
        {
            return Err(problems.into());
        }
        Ok(profile)
    }

    fn editor(&self) -> Result<ConfigEditor, Failure> {
        Ok(ConfigEditor::parse(&self.bytes, &self.name)?)
    }

    fn create_folder(&self) -> Result<(), Failure> {
        Ok(self.path.parent().map_or(Ok(()), create_folder)?)
    }

    fn write(&self, editor: &ConfigEditor) -> Result<(), Failure> {
        self.create_folder()?;
        Ok(replace(&self.path, editor.to_string().as_bytes())?)
    }
}

fn set(args: &Set, config: &Config, console: &Console) -> Result<(), Failure> {
    let profile = config.choose(args.choice.chosen.as_deref())?;
    let is_new = !config.parsed().names().contains(&profile);
    let mut editor = config.editor()?;
    editor.set(&profile, &args.entry, &values(args))?;
    config.write(&editor)?;
    if is_new {
        console.remark(&format_args!("added profile {}", redact::name(&profile)));
    }
    done(&profile, console)
}

/// Returns the values. A path is typed relative to the current folder, but read relative to the
/// folder of config.toml, so it is stored as an absolute path.
fn values(args: &Set) -> Vec<String> {
    let is_path = args.entry.ends_with("_file");
    let stored = |value: &String| match absolute(value) {
        Ok(path) if is_path && value != "-" && !value.starts_with("~/") => {
            path.to_string_lossy().into_owned()
        }
        _ => value.clone(),
    };
    args.values.iter().map(stored).collect()
}

fn unset(args: &Unset, config: &Config, console: &Console) -> Result<(), Failure> {
    let profile = config.existing(args.choice.chosen.as_deref())?;
    let mut editor = config.editor()?;
    if !editor.unset(&profile, &args.entry) {
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
