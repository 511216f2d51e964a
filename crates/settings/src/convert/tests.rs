use orgtoken_assertion::Diagnostic;

use super::*;
use crate::tests::{CLIENT_ID, KEY, record};
use crate::{ConfigFile, KeySource, Layer, Settings};

const FORMS: [Form<'_>; 3] =
    [Form::Environment, Form::Profile { name: "acme", key_file: "acme.key" }, Form::Record];

fn loader() -> Loader {
    Loader::new([Layer::from_record(record().as_bytes(), "salesforce.json", None)])
}

/// Reads converted settings.
fn read(form: Form<'_>, converted: &Converted) -> Settings {
    let text = converted.text().secret();
    let layer = match form {
        Form::Environment => Layer::from_environment(shell(text)),
        Form::Profile { .. } => ConfigFile::parse(text.as_bytes(), "config.toml").profile(None),
        Form::Record => Layer::from_record(text.as_bytes(), "salesforce.json", None),
    };
    let mut loader = Loader::new([layer]);
    while let Some(input) = loader.next_input() {
        let key = converted.key().expect("only the key has a file").secret();
        loader.provide(&input, key.as_bytes().to_vec().into());
    }
    loader.check().unwrap()
}

fn shell(text: &str) -> Vec<(String, String)> {
    let exports = text.split("export ").skip(1);
    let pair = |export: &str| {
        let (name, value) = export.trim_end().split_once('=').unwrap();
        let value = value.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
        (name.to_owned(), value.replace(r"'\''", "'"))
    };
    exports.map(pair).collect()
}

#[test]
fn every_form_is_read_back() {
    for form in FORMS {
        let converted = loader().convert(form).unwrap();
        let settings = read(form, &converted);
        assert_eq!(settings.username().as_str(), "user@acme.com", "{form:?}");
        assert_eq!(settings.client_id().as_str(), CLIENT_ID, "{form:?}");
        assert_eq!(settings.api_version().major(), 51, "{form:?}");
        assert!(matches!(settings.key(), KeySource::Local(_)), "{form:?}");
        assert!(converted.left_out().is_empty(), "{form:?}");
    }
}

#[test]
fn profile_contains_no_key() {
    let form = Form::Profile { name: "acme", key_file: "acme.key" };
    let converted = loader().convert(form).unwrap();
    assert_eq!(
        converted.text().secret(),
        format!(
            "[profile.acme]\nusername = \"user@acme.com\"\nclient_id = \"{CLIENT_ID}\"\n\
             private_key_file = \"acme.key\"\n\
             instance_url = \"https://acme-dev-ed.my.salesforce.com\"\napi_version = \"v51.0\"\n"
        )
    );
    assert_eq!(converted.key().unwrap().secret(), KEY.as_str());
}

#[test]
fn third_party_variables_become_a_record() {
    let variables = [
        ("SF_USERNAME", "user@acme.com".to_owned()),
        ("SF_CONSUMER_KEY", CLIENT_ID.to_owned()),
        ("SF_JWT_PRIVATE_KEY", KEY.trim_end().replace('\n', "\\n")),
        ("SFDX_API_VERSION", "51".to_owned()),
        ("ORGTOKEN_CACHE", "memory".to_owned()),
        ("ORGTOKEN_PASSPHRASE", "unused".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let loader = Loader::new([Layer::from_environment(variables)]);
    let converted = loader.convert(Form::Record).unwrap();
    let record: serde_json::Value = serde_json::from_str(converted.text().secret()).unwrap();
    assert_eq!(record["value"]["PrivateKey"], KEY.as_str());
    assert_eq!(record["value"]["InstanceAPIVersion"], "v51.0");
    assert_eq!(record["value"].get("InstanceUrl"), None);
    assert_eq!(converted.left_out(), [Setting::Cache, Setting::Passphrase]);
}

#[test]
fn key_in_any_form_is_written_as_pem() {
    use base64ct::{Base64, Encoding};
    let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    for (name, key) in [
        ("one line", KEY.replace('\n', " ")),
        ("no line breaks at all", KEY.replace('\n', "")),
        ("literal \\n", KEY.replace('\n', "\\n")),
        ("bare base64", body),
        ("base64 of the PEM", Base64::encode_string(KEY.as_bytes())),
        ("indented, in quotes", format!("  '{}'", KEY.replace('\n', "\n    "))),
        ("text around it", format!("Bag Attributes\n{}bye", KEY.as_str())),
    ] {
        let variable = ("SF_JWT_PRIVATE_KEY".to_owned(), key);
        let converted =
            Loader::new([Layer::from_environment([variable])]).convert(Form::Record).unwrap();
        let record: serde_json::Value = serde_json::from_str(converted.text().secret()).unwrap();
        assert_eq!(record["value"]["PrivateKey"], KEY.as_str(), "{name}");
    }
}

#[test]
fn der_key_file_is_written_as_pem() {
    use pkcs8::{DecodePrivateKey, EncodePrivateKey};
    let der = rsa::PrivateKey::from_pkcs8_pem(&KEY).unwrap().to_pkcs8_der().unwrap();
    let mut flags = Layer::flags();
    flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.der");
    let mut loader = Loader::new([flags]);
    let input = loader.next_input().unwrap();
    loader.provide(&input, der.as_bytes().to_vec().into());
    let converted = loader.convert(Form::Profile { name: "acme", key_file: "acme.key" }).unwrap();
    assert_eq!(converted.key().unwrap().secret(), KEY.as_str());
    assert!(converted.left_out().is_empty());
}

#[test]
fn invalid_settings_are_not_written() {
    let json = crate::tests::record_with("Username", &quoted_json("acme"));
    let loader = Loader::new([Layer::from_record(json.as_bytes(), "salesforce.json", None)]);
    assert_eq!(loader.convert(Form::Record).unwrap_err().code(), "settings.value");
}

#[test]
fn quotes_survive_in_every_form() {
    let odd = r#"o'brien"\x@acme.com"#;
    for form in FORMS {
        let json = crate::tests::record_with("Username", &quoted_json(odd));
        let loader = Loader::new([Layer::from_record(json.as_bytes(), "salesforce.json", None)]);
        let settings = read(form, &loader.convert(form).unwrap());
        assert_eq!(settings.username().as_str(), odd, "{form:?}");
    }
}

#[test]
fn record_gets_default_api_version() {
    let username = ("ORGTOKEN_USERNAME".to_owned(), "user@acme.com".to_owned());
    let loader = Loader::new([Layer::from_environment([username])]);
    let converted = loader.convert(Form::Record).unwrap();
    let record: serde_json::Value = serde_json::from_str(converted.text().secret()).unwrap();
    assert_eq!(record["value"]["InstanceAPIVersion"], ApiVersion::DEFAULT.to_string());
}
