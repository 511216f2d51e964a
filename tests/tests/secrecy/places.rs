//! The places in which something can be put, from the tables of the program itself.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Arg;
use orgtoken_settings::{CONFIG_SCHEMA, RECORD_SCHEMA, Setting};
use serde_json::Value;

/// A place, and the commands that read it.
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) commands: Vec<Command>,
}

/// The kinds of places.
pub(crate) enum Kind {
    /// An argument, whose value is the secret, a file with it, a file with it in a cell, or `-`.
    Argument { value: String },
    /// `config.toml` as a whole.
    Config,
    /// A name in a profile.
    Profile { name: String },
    /// A field of a record.
    Record { name: String },
    /// A variable.
    Variable { name: String },
    /// A variable that names a file.
    VariableFile { name: String },
}

/// A command with all that it needs, except for the secret.
#[derive(Clone)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) words: Vec<String>,
    /// The position of options for verbosity.
    pub(crate) modes_at: usize,
    /// The flag to put in, or the position of an argument without one.
    slot: Slot,
    /// Whether these are other words of an earlier command.
    is_variant: bool,
}

#[derive(Clone)]
enum Slot {
    Flag(String),
    Position(usize),
    None,
}

impl Place {
    pub(crate) fn name(&self, command: &Command) -> String {
        format!("{} of `{}`", self.id, command.name)
    }

    /// Puts a value into the words of a command.
    pub(crate) fn insert(&self, words: &mut Vec<String>, value: &str) {
        let command = self.commands.iter().find(|command| command.words == *words);
        match command.map(|command| &command.slot) {
            Some(Slot::Flag(flag)) => {
                let at = command.map_or(0, |command| command.modes_at);
                words.retain(|word| !word.starts_with(&format!("{flag}=")));
                words.splice(at..at, [format!("{flag}={value}")]);
            }
            Some(Slot::Position(at)) if *at < words.len() => words[*at] = value.to_owned(),
            _ => words.push(value.to_owned()),
        }
    }
}

/// Every place.
pub(crate) fn places() -> Vec<Place> {
    let mut leaves = Vec::new();
    commands(&orgtoken::grammar(), &mut Vec::new(), &mut leaves);
    let mut places = arguments(&leaves);
    let all: Vec<_> = leaves.iter().map(|(command, _)| command.clone()).collect();
    let reading: Vec<_> = leaves
        .iter()
        .filter(|(c, args)| args.iter().any(is_login) || c.name.starts_with("config "))
        .map(|(c, _)| c.clone())
        .collect();
    let place = |id: &str, kind, commands: &[Command]| Place {
        id: id.to_owned(),
        kind,
        commands: commands.to_vec(),
    };
    for name in orgtoken::variables() {
        places.push(place(&name, Kind::Variable { name: name.clone() }, &all));
        if name.ends_with("_FILE") {
            let id = format!("file of {name}");
            places.push(place(&id, Kind::VariableFile { name: name.clone() }, &reading));
        }
    }
    for setting in Setting::ALL {
        for name in setting.third_party_variables() {
            let kind = Kind::Variable { name: (*name).to_owned() };
            places.push(place(name, kind, &reading));
        }
    }
    for name in properties(CONFIG_SCHEMA, "private_key_file") {
        let id = format!("profile's {name}");
        places.push(place(&id, Kind::Profile { name }, &reading));
    }
    for name in properties(RECORD_SCHEMA, "PrivateKey") {
        let id = format!("record's {name}");
        places.push(place(&id, Kind::Record { name }, &reading));
    }
    places.push(place("config.toml", Kind::Config, &reading));
    places
}

/// Each argument once, with every command that has it.
fn arguments(leaves: &[(Command, Vec<Arg>)]) -> Vec<Place> {
    let mut found: BTreeMap<(String, &str), Vec<Command>> = BTreeMap::new();
    for (command, args) in leaves {
        let mut positional = 0;
        for arg in args.iter().filter(|arg| arg.get_action().takes_values()) {
            let is_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
            let values: &[&str] = match arg.get_long() {
                Some("bearer-file") => &["{canary}", "{file}", "-"],
                Some("from") => &["{canary}", "{file}", "{cell}", "-"],
                _ if is_path => &["{canary}", "{file}", "-"],
                _ => &["{canary}"],
            };
            let slot = match arg.get_long() {
                Some(long) => Slot::Flag(format!("--{long}")),
                None => {
                    positional += 1;
                    Slot::Position(command.modes_at + positional - 1)
                }
            };
            let is_beside = matches!(slot, Slot::Position(at) if at >= command.words.len());
            if command.is_variant && (is_beside || is_flag_at(&slot, &command.words)) {
                continue;
            }
            let id = match arg.get_long() {
                Some(long) => format!("--{long}"),
                None => format!("{} of {}", arg.get_id(), command.name),
            };
            for value in values {
                let command = Command { slot: slot.clone(), ..command.clone() };
                found.entry((id.clone(), value)).or_default().push(command);
            }
        }
    }
    let place = |((id, value), commands): ((String, &str), Vec<Command>)| Place {
        id: format!(
            "{id}{}",
            match value {
                "{canary}" => "",
                "{cell}" => " (cell)",
                "{file}" => " (file)",
                _ => " (stdin)",
            }
        ),
        kind: Kind::Argument { value: value.to_owned() },
        commands,
    };
    found.into_iter().map(place).collect()
}

/// Every command that has no commands below it, with the arguments that it cannot do without.
fn commands(
    command: &clap::Command,
    path: &mut Vec<String>,
    leaves: &mut Vec<(Command, Vec<Arg>)>,
) {
    for below in command.get_subcommands() {
        path.push(below.get_name().to_owned());
        commands(below, path, leaves);
        path.pop();
    }
    if command.has_subcommands() {
        return;
    }
    let args: Vec<Arg> = command.get_arguments().cloned().collect();
    let mut words = path.clone();
    let needed = |arg: &&Arg| arg.is_positional() && (arg.is_required_set() || is_needed(arg));
    for arg in args.iter().filter(needed) {
        if arg.is_last_set() {
            words.push("--".to_owned());
        }
        words.push(filler(&path.join(" "), arg.get_id().as_str()).to_owned());
    }
    for arg in args.iter().filter(|arg| arg.is_required_set() && !arg.is_positional()) {
        let long = arg.get_long().unwrap_or_default();
        words.insert(path.len(), format!("--{long}={}", filler(&path.join(" "), long)));
    }
    let name = path.join(" ");
    let modes_at = path.len();
    for words in variants(&name) {
        let words = path.iter().cloned().chain(words.iter().map(|word| (*word).to_owned()));
        let words = words.collect();
        let name = name.clone();
        let command = Command { name, words, modes_at, slot: Slot::None, is_variant: true };
        leaves.push((command, args.clone()));
    }
    leaves.push((Command { name, words, modes_at, slot: Slot::None, is_variant: false }, args));
}

/// Other words of a command, for arguments that do nothing without them.
fn variants(command: &str) -> &'static [&'static [&'static str]] {
    match command {
        "cert create" => &[&["--signer-command=./spy", "--public-key-file=app.crt"]],
        "config delete" => &[&["base", "--yes"]],
        "query" => &[&["SELECT Id FROM Account", "--bulk"]],
        "record create" => &[&["Account", "--from=create.csv"]],
        "record delete" => &[&["Account", "--from=delete.csv", "--yes"]],
        "record update" => &[&["Account", "--from=update.csv"]],
        "record upsert" => &[&["Account", "ExternalId__c", "--from=upsert.csv"]],
        "serve" => &[
            &["--listen=127.0.0.1:0", "--bearer-file=bearer"],
            &["--listen=127.0.0.1:0=default", "--bearer-file=default=own.bearer"],
            &["--check"],
        ],
        _ => &[],
    }
}

/// Whether a flag is in the position of an argument without one.
fn is_flag_at(slot: &Slot, words: &[String]) -> bool {
    matches!(slot, Slot::Position(at) if words[*at].starts_with("--"))
}

/// Whether an argument is needed because no other replaces it.
fn is_needed(arg: &Arg) -> bool {
    ["key", "id", "value", "fields", "refusal", "soql", "profile"].contains(&arg.get_id().as_str())
}

/// Returns a value for a required argument.
fn filler(command: &str, id: &str) -> &'static str {
    match (command, id) {
        ("record upsert", "key") => "ExternalId__c",
        ("config set" | "config unset", "entry") => "username",
        ("config set", "values") => "robot@acme.com",
        ("config delete" | "config use", _) => "base",
        (_, "key" | "file" | "name") => "app.key",
        (_, "cert") => "app.crt",
        (_, "id") => "001000000000001AAA",
        (_, "object" | "sobject") => "Account",
        (_, "soql" | "query") => "SELECT Id FROM Account",
        (_, "path") => "limits",
        (_, "fields") => "Name=Acme",
        (_, "shell") => "bash",
        (_, "command") => "./spy",
        ("settings convert", "format") => "record",
        (_, "hub") => "http://127.0.0.1:1",
        _ => "x",
    }
}

fn is_login(arg: &Arg) -> bool {
    arg.get_long() == Some("jwt-key-file")
}

/// The names of the object in a JSON schema that has one of them.
fn properties(schema: &str, known: &str) -> Vec<String> {
    fn find(value: &Value, known: &str) -> Option<Vec<String>> {
        if let Some(Value::Object(names)) = value.get("properties")
            && names.contains_key(known)
        {
            return Some(names.keys().cloned().collect());
        }
        match value {
            Value::Object(fields) => fields.values().find_map(|field| find(field, known)),
            Value::Array(items) => items.iter().find_map(|item| find(item, known)),
            _ => None,
        }
    }
    find(&serde_json::from_str(schema).unwrap(), known).expect("the schema has it")
}
