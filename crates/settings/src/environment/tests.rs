use orgtoken_assertion::Diagnostic;

use super::*;
use crate::Loader;

fn variables(pairs: &[(&str, &str)]) -> Layer {
    Layer::from_environment(
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

#[test]
fn third_party_variables_give_their_setting() {
    for setting in Setting::ALL {
        for name in setting.third_party_variables() {
            let layer = variables(&[(name, "x")]);
            assert_eq!(layer.entries.len(), 1, "{name}");
            assert_eq!(layer.entries[0].setting, setting, "{name}");
        }
    }
}

#[test]
fn empty_variable_counts_as_unset() {
    let layer =
        variables(&[("ORGTOKEN_USERNAME", ""), ("SF_USERNAME", " "), ("SALESFORCE_USERNAME", "x")]);
    assert_eq!(layer.entries.len(), 1);
    assert_eq!(
        layer.entries[0].source,
        Source::ThirdPartyVariable("SALESFORCE_USERNAME".to_owned())
    );
}

#[test]
fn every_setting_has_variable_and_file_variable() {
    for setting in Setting::ALL {
        let layer = variables(&[(&setting.variable(), "x")]);
        assert_eq!(layer.entries[0].setting, setting);
        if !setting.is_path() && !matches!(setting, Setting::Profile | Setting::RecordKey) {
            let layer = variables(&[(&format!("{}_FILE", setting.variable()), "x")]);
            assert_eq!(layer.entries[0].setting, setting);
            assert!(matches!(layer.entries[0].raw, Raw::File(_)), "{setting:?}");
        }
    }
}

#[test]
fn keys_from_the_environment() {
    for (name, expected) in [
        ("ORGTOKEN_PRIVATE_KEY", "text"),
        ("ORGTOKEN_PRIVATE_KEY_FILE", "file"),
        ("ORGTOKEN_PRIVATE_KEY_ENV", "variable"),
        ("ORGTOKEN_SSH_AGENT", "agent"),
        ("ORGTOKEN_SIGNER_COMMAND", "command"),
        ("SF_JWT_PRIVATE_KEY", "text"),
    ] {
        let layer = variables(&[(name, "x")]);
        let found = match layer.entries[0].raw {
            Raw::Text(_) => "text",
            Raw::File(_) => "file",
            Raw::Variable(_) => "variable",
            Raw::Agent(_) => "agent",
            Raw::Command(_) => "command",
            _ => "something else",
        };
        assert_eq!(found, expected, "{name}");
        assert_eq!(layer.entries[0].setting, Setting::PrivateKey, "{name}");
    }
}

#[test]
fn value_and_file_variables_conflict() {
    let layer = variables(&[("ORGTOKEN_USERNAME", "a"), ("ORGTOKEN_USERNAME_FILE", "b")]);
    let problems = Loader::new([layer]).check().unwrap_err();
    assert_eq!(problems.code(), "settings.conflict");
    assert_eq!(problems.iter().next().unwrap().at(), "ORGTOKEN_USERNAME_FILE");
}

#[test]
fn misspelt_variable_gives_notice() {
    let layer =
        variables(&[("ORGTOKEN_USERNME", "c4n4ry"), ("ORGTOKEN_LOG", "debug"), ("USERNAME", "me")]);
    assert!(layer.entries.is_empty());
    let notices: Vec<String> = layer.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "environment variable ORGTOKEN_USERNME: unknown variable; did you mean ORGTOKEN_USERNAME?"
        ]
    );
}

#[test]
fn record_in_variable_is_read() {
    let layer = variables(&[("ORGTOKEN_SETTINGS", &crate::tests::record())]);
    let loader = Loader::new([layer]);
    assert_eq!(loader.next_input(), None);
    assert_eq!(loader.profile(), crate::ProfileChoice::None);
    let settings = loader.check().unwrap();
    assert_eq!(settings.values()[0].source.to_string(), "record ORGTOKEN_SETTINGS, /Username");
}

#[test]
fn record_key_selects_in_variable() {
    let record = crate::tests::record();
    let other = record.replace("user@acme.com", "other@acme.com");
    let answer = format!("{{\"_one\": {record}, \"_two\": {other}}}");
    let loader = |variables: &[(&str, &str)], flag: Option<&str>| {
        let mut flags = Layer::flags();
        if let Some(key) = flag {
            flags.set(Setting::RecordKey, "--settings-key", key);
        }
        Loader::new([flags, tests::variables(variables)])
    };
    let settings = ("ORGTOKEN_SETTINGS", answer.as_str());
    assert_eq!(loader(&[settings], None).check().unwrap_err().code(), "settings.shape");
    for (variables, flag) in [
        (&[settings, ("ORGTOKEN_SETTINGS_KEY", "two")][..], None),
        (&[settings, ("ORGTOKEN_RECORD_KEY", "_two")], None),
        (&[settings, ("ORGTOKEN_SETTINGS_KEY", "one")], Some("two")),
    ] {
        let settings = loader(variables, flag).check().unwrap();
        assert_eq!(settings.username().as_str(), "other@acme.com", "{flag:?}");
    }
}

#[test]
fn record_flag_overrides_record_in_variable() {
    let mut flags = Layer::flags();
    flags.set(Setting::Record, "--settings", "other.json");
    let variable = ("ORGTOKEN_SETTINGS", crate::tests::record());
    let mut loader = Loader::new([flags, variables(&[(variable.0, &variable.1)])]);
    let input = loader.next_input().unwrap();
    let other = crate::tests::record().replace("user@acme.com", "other@acme.com");
    loader.provide(&input, other.into_bytes().into());
    assert_eq!(loader.check().unwrap().username().as_str(), "other@acme.com");
}

#[test]
fn key_in_place_of_path_is_not_shown() {
    for name in ["ORGTOKEN_PRIVATE_KEY_FILE", "ORGTOKEN_PRIVATE_KEY_ENV", "ORGTOKEN_SSH_AGENT"] {
        let loader = Loader::new([variables(&[(name, crate::tests::KEY.as_str())])]);
        assert_eq!(loader.next_input(), None);
        let problems = loader.check().unwrap_err();
        let problem = problems.iter().find(|problem| problem.at() == name).unwrap();
        assert_eq!(problem.code(), "settings.swapped", "{name}");
    }
}
