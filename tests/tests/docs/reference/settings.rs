//! The tables of settings, from the schemas and the grammar.

use orgtoken_settings::{CONFIG_SCHEMA, RECORD_SCHEMA, Setting};
use serde_json::{Map, Value};

use super::{code, head, row};

/// The entries of a profile.
pub(super) fn profile() -> String {
    let mut table = head(&["entry", "type", "meaning", "example"]);
    for (name, entry) in properties(CONFIG_SCHEMA, "/$defs/profile/properties") {
        let meaning = meaning(&entry);
        table += &row(&[&code([name]), &kind(&entry), &meaning, &code(example(&entry))]);
    }
    table
}

/// The fields of a record.
pub(super) fn record() -> String {
    let mut table = head(&["field", "meaning", "example"]);
    for (name, field) in properties(RECORD_SCHEMA, "/properties/value/properties") {
        table += &row(&[&code([name]), &meaning(&field), &code(example(&field))]);
    }
    table
}

/// The variables and the flag of each setting.
pub(super) fn variables() -> String {
    let mut table = head(&["setting", "variables", "flag", "variables of other programs"]);
    let grammar = orgtoken::grammar();
    let query = grammar.find_subcommand("query").unwrap();
    for setting in Setting::ALL {
        let flags: Vec<&str> = query.get_arguments().filter_map(clap::Arg::get_long).collect();
        let own = flags.into_iter().filter(|flag| FLAGS.contains(&(setting, flag)));
        let flags = code(own.map(|flag| format!("--{flag}")));
        let variables = setting.variables().into_iter();
        // `record` has an older name.
        let variables = code(variables.filter(|name| !name.contains("_RECORD")));
        let others = code(setting.third_party_variables());
        table += &row(&[&code([setting.name()]), &variables, &flags, &others]);
    }
    table
}

/// Every variable of a setting.
pub(super) fn all_variables() -> Vec<String> {
    let third_party = |setting: Setting| setting.third_party_variables().iter();
    let own = Setting::ALL.into_iter().flat_map(Setting::variables);
    own.chain(Setting::ALL.into_iter().flat_map(third_party).map(ToString::to_string)).collect()
}

fn properties(schema: &str, pointer: &str) -> Map<String, Value> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    schema.pointer(pointer).unwrap().as_object().unwrap().clone()
}

/// The description, and the default if there is one.
fn meaning(entry: &Value) -> String {
    let text = entry["description"].as_str().unwrap();
    let lower = text[..1].to_lowercase() + &text[1..];
    let text = lower.trim_end_matches('.');
    match &entry["default"] {
        Value::Null => text.to_owned(),
        default => format!("{text} [default: `{}`]", default.as_str().unwrap()),
    }
}

fn kind(entry: &Value) -> String {
    match (&entry["type"], entry["$ref"].as_str()) {
        (_, Some("#/$defs/strings")) => "list".to_owned(),
        (Value::String(kind), _) => kind.clone(),
        (Value::Array(kinds), _) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ").replace("array", "list")
        }
        other => panic!("unknown type: {other:?}"),
    }
}

fn example(entry: &Value) -> Option<String> {
    entry["examples"].as_array()?.first().map(ToString::to_string)
}

/// The flags that are settings. Flags of the login that are missing here are found by
/// `every_flag_of_the_login_is_a_setting`.
const FLAGS: [(Setting, &str); 14] = [
    (Setting::AllowHosts, "allow-host"),
    (Setting::Audience, "audience"),
    (Setting::CaFile, "ca-file"),
    (Setting::ClientId, "client-id"),
    (Setting::InstanceUrl, "instance-url"),
    (Setting::LoginUrl, "login-url"),
    (Setting::Passphrase, "key-passphrase-env"),
    (Setting::Passphrase, "key-passphrase-file"),
    (Setting::PrivateKey, "jwt-key-file"),
    (Setting::Profile, "profile"),
    (Setting::Proxy, "proxy"),
    (Setting::Record, "settings"),
    (Setting::RecordKey, "settings-key"),
    (Setting::Username, "username"),
];

#[test]
fn every_flag_of_the_login_is_a_setting() {
    let grammar = orgtoken::grammar();
    let query = grammar.find_subcommand("query").unwrap();
    let login = query.get_arguments().filter(|arg| arg.get_help_heading() == Some("Login"));
    for flag in login.filter_map(clap::Arg::get_long) {
        assert!(FLAGS.iter().any(|(_, name)| *name == flag), "--{flag}");
    }
}
