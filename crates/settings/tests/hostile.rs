//! No input makes the settings panic, and no message repeats the input.

use orgtoken_assertion::Diagnostic;
use orgtoken_settings::{ConfigFile, Layer, Loader, Problems, Setting, Settings};
use proptest::collection::vec;
use proptest::prelude::*;

/// A text that is in no message.
const CANARY: &str = "c4n4ryQ7xZ";

const FIELDS: [&str; 7] = [
    "Username",
    "ClientId",
    "PrivateKey",
    "InstanceUrl",
    "InstanceAPIVersion",
    "LoginUrl",
    "Audience",
];

const KEYS: [&str; 12] = [
    "username",
    "client_id",
    "private_key_file",
    "instance_url",
    "api_version",
    "token_lifetime",
    "cache",
    "allow_hosts",
    "proxy",
    "ssh_agent",
    "signer_command",
    "record",
];

/// All messages that a user may see.
fn words(result: Result<Settings, Problems>) -> String {
    let Err(problems) = result else { return String::new() };
    let mut words = format!("{problems} {problems:?} {:?}", problems.hint());
    for problem in problems.iter() {
        words += &format!("{problem} {} {:?}", problem.at(), problem.hint());
    }
    for notice in problems.notices() {
        words += &format!("{notice} {notice:?}");
    }
    words
}

fn check(layers: impl IntoIterator<Item = Layer>) -> Result<Settings, Problems> {
    let mut loader = Loader::new(layers);
    while let Some(input) = loader.next_input() {
        loader.provide(&input, CANARY.as_bytes().to_vec().into());
    }
    loader.check()
}

/// A canary with text around it.
fn value() -> impl Strategy<Value = String> {
    let around = prop_oneof![
        Just(String::new()),
        Just("-----BEGIN PRIVATE KEY-----\nMIIE".to_owned()),
        Just("-----BEGIN CERTIFICATE-----".to_owned()),
        Just("<".to_owned()),
        Just("user@".to_owned()),
        Just("3MVG9".to_owned()),
        Just("redis://".to_owned()),
        Just("/".to_owned()),
        "\\PC{0,6}",
    ];
    (around.clone(), around).prop_map(|(before, after)| format!("{before}{CANARY}{after}"))
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = check([Layer::from_record(&bytes, "r.json", None)]);
        let _ = check([ConfigFile::parse(&bytes, "config.toml").profile(None)]);
    }

    #[test]
    fn nearly_valid_json_does_not_panic(text in r#"[{}\[\]":,\\'“/#ntu0-9a-c \n]{0,60}"#) {
        let _ = check([Layer::from_record(text.as_bytes(), "r.json", Some("a"))]);
    }

    #[test]
    fn nearly_valid_toml_does_not_panic(text in r#"[\[\]"=.,\\'#a-c0-9{} \n]{0,60}"#) {
        let _ = check([ConfigFile::parse(text.as_bytes(), "config.toml").profile(Some("a"))]);
    }

    #[test]
    fn record_values_are_not_shown(field in 0..FIELDS.len(), value in value(), cut in 0_usize..4) {
        let mut record = serde_json::json!({ FIELDS[field]: value }).to_string();
        record.truncate(record.len() - cut.min(2));
        if cut == 3 {
            record = format!("{{\"value\": {}", serde_json::json!(record));
        }
        let words = words(check([Layer::from_record(record.as_bytes(), "r.json", None)]));
        prop_assert!(!words.contains(CANARY), "{words}");
    }

    #[test]
    fn value_of_wrong_type_is_not_shown(field in 0..FIELDS.len(), value in value()) {
        for value in [serde_json::json!([value]), serde_json::json!({ "a": value })] {
            let record = serde_json::json!({ FIELDS[field]: value }).to_string();
            let words = words(check([Layer::from_record(record.as_bytes(), "r.json", None)]));
            prop_assert!(!words.contains(CANARY), "{words}");
        }
    }

    #[test]
    fn key_in_place_of_name_is_not_shown(value in value()) {
        let name = format!("MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSk{value}");
        let record = serde_json::json!({ name: "x" }).to_string();
        let words = words(check([Layer::from_record(record.as_bytes(), "r.json", None)]));
        prop_assert!(!words.contains(CANARY), "{words}");
    }

    #[test]
    fn profile_values_are_not_shown(key in 0..KEYS.len(), value in "[ -~]{0,8}", quoted in any::<bool>()) {
        let value = format!("{}{CANARY}", value.replace(['"', '\\'], ""));
        let value = if quoted { format!("\"{value}\"") } else { value };
        let config = format!("[profile.acme]\n{} = {value}\n", KEYS[key]);
        let words = words(Loader::new([ConfigFile::parse(config.as_bytes(), "c.toml").profile(None)]).check());
        prop_assert!(!words.contains(CANARY), "{words}");
    }

    #[test]
    fn variable_values_are_not_shown(at in 0..Setting::ALL.len(), value in value()) {
        let setting = Setting::ALL[at];
        let variables = [(setting.variable(), value)];
        let words = words(check([Layer::from_environment(variables)]));
        prop_assert!(!words.contains(CANARY), "{words}");
    }
}
