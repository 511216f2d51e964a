use orgtoken_assertion::Diagnostic;

use super::*;
use crate::{Layer, Loader};

fn read_text(text: &str, name: Option<&str>) -> Layer {
    ConfigFile::parse(text.as_bytes(), "/etc/orgtoken/config.toml").profile(name)
}

fn username(text: &str, name: Option<&str>) -> Option<String> {
    let layer = read_text(text, name);
    assert!(layer.problems.is_empty(), "{:?}", layer.problems);
    let entry = layer.entries.iter().find(|entry| entry.setting == Setting::Username)?;
    match &entry.raw {
        Raw::Text(text) => Some(text.secret().to_owned()),
        _ => None,
    }
}

const TWO: &str = "default_profile = \"b\"\n[profile.a]\nusername = \"a@acme.com\"\n\
    [profile.b]\nusername = \"b@acme.com\"\n";

#[test]
fn profile_selection() {
    let one = TWO.split("[profile.b]").next().unwrap().replace("default_profile = \"b\"\n", "");
    let without_default = TWO.replace("default_profile = \"b\"\n", "");
    for (name, text, profile, expected) in [
        ("named", TWO, Some("a"), Some("a@acme.com")),
        ("default", TWO, None, Some("b@acme.com")),
        ("the only one", &one, None, Some("a@acme.com")),
        ("none of two", &without_default, None, None),
        ("empty file", "", None, None),
    ] {
        assert_eq!(username(text, profile).as_deref(), expected, "{name}");
    }
}

#[test]
fn problems_name_the_line_without_its_text() {
    for (name, text, profile, code, at, words) in [
        (
            "not TOML",
            "[profile.a]\nusername = c4n4ry@acme.com\n",
            None,
            "settings.toml",
            ":2:12",
            "not TOML",
        ),
        ("cut", "[profile.a\n", None, "settings.toml", ":1:11", "not TOML"),
        (
            "twice",
            "[profile.a]\nusername = \"c4n4ry\"\nusername = \"b\"\n",
            None,
            "settings.toml",
            ":3:1",
            "duplicate key",
        ),
        (
            "unknown name",
            "[profile.a]\n\nusernme = \"c4n4ry\"\n",
            None,
            "settings.unknown",
            ":3",
            "unknown name `usernme`",
        ),
        (
            "unknown at the top",
            "profil = 1\n",
            None,
            "settings.unknown",
            ":1:1",
            "unknown name `profil`",
        ),
        (
            "outside of profiles",
            "username = \"c4n4ry\"\n",
            None,
            "settings.unknown",
            ":1:1",
            "`username` is outside of any profile",
        ),
        (
            "another section",
            "[acme]\nusername = \"c4n4ry\"\n",
            None,
            "settings.unknown",
            ":1:2",
            "unknown section `[acme]`",
        ),
        (
            "sections in the plural",
            "[profiles.acme]\nusername = \"c4n4ry\"\n",
            None,
            "settings.unknown",
            ":1:2",
            "unknown name `profiles`",
        ),
        ("JSON", "{\"Username\": \"c4n4ry\"}", None, "settings.toml", ":1:1", "not TOML"),
        (
            "key in the profile",
            "[profile.a]\nprivate_key = \"c4n4ry\"\n",
            None,
            "settings.unknown",
            ":2",
            "`private_key`",
        ),
        (
            "wrong type",
            "[profile.a]\nusername = true\n",
            None,
            "settings.type",
            ":2",
            "found true or false",
        ),
        (
            "list of numbers",
            "[profile.a]\nallow_hosts = [1]\n",
            None,
            "settings.type",
            ":2",
            "a list of strings",
        ),
        (
            "no such profile",
            TWO,
            Some("c"),
            "settings.profile",
            ", profile c",
            "no profile with that name",
        ),
        (
            "no profile at all",
            "",
            Some("c"),
            "settings.profile",
            ", profile c",
            "no profile in the file",
        ),
        (
            "profile is not a section",
            "profile = 7\n",
            None,
            "settings.type",
            ":1:11",
            "expected a section",
        ),
        (
            "two keys",
            "[profile.a]\nprivate_key_file = \"a\"\nssh_agent = \"b\"\n",
            None,
            "settings.conflict",
            ":3",
            "cannot be used together",
        ),
        ("UTF-16", "\u{feff}\0[\0", None, "settings.toml", "", "not TOML"),
    ] {
        let problems = Loader::new([read_text(text, profile)]).check().unwrap_err();
        let problem = problems.iter().find(|problem| problem.code() == code);
        let problem = problem.unwrap_or_else(|| panic!("{name}: {problems}"));
        let location = format!("/etc/orgtoken/config.toml{at}");
        assert!(problem.at().starts_with(&location), "{name}: {}", problem.at());
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        assert!(problem.hint().is_some(), "{name}");
        assert!(!format!("{problems} {problems:?}").contains("c4n4ry"), "{name}: {problems:?}");
    }
}

#[test]
fn missing_profile_is_the_only_problem_and_the_profiles_are_named() {
    let two = "[profile.acme]\n[profile.uat]\n";
    for (name, text, named, message, hint) in [
        (
            "no default",
            two,
            None,
            "several profiles and no default: `acme`, `uat`",
            "run `orgtoken config use NAME` to choose the default, or name one in ORGTOKEN_PROFILE",
        ),
        ("unknown", two, Some("prod"), "no profile with that name", "use one of `acme`, `uat`"),
        (
            "misspelt",
            two,
            Some("acmee"),
            "no profile with that name",
            "did you mean `acme`? The profiles are `acme`, `uat`",
        ),
        (
            "one, and misspelt",
            "[profile.uat]\n",
            Some("uta"),
            "no profile with that name",
            "did you mean `uat`?",
        ),
        (
            "default that does not exist",
            "default_profile = \"gone\"\n[profile.acme]\n[profile.uat]\n",
            None,
            "the default profile does not exist",
            "run `orgtoken config use NAME` with one of `acme`, `uat`",
        ),
        (
            "no profiles",
            "",
            Some("acme"),
            "no profile in the file",
            "run `orgtoken setup` to configure a login, or add a section `[profile.NAME]`",
        ),
    ] {
        let of_login = Loader::new([read_text(text, named)]).check().unwrap_err();
        let config = ConfigFile::parse(text.as_bytes(), "/etc/orgtoken/config.toml");
        for problems in [of_login, config.existing_name(named).unwrap_err()] {
            let problem = problems.iter().next().unwrap();
            assert_eq!(problems.iter().count(), 1, "{name}: {problems}");
            assert_eq!((problem.code(), problem.message().as_str()), ("settings.profile", message));
            assert_eq!(problem.hint().unwrap(), hint, "{name}");
        }
    }
}

#[test]
fn secret_in_profile_suggests_file() {
    for name in ["private_key", "passphrase"] {
        let layer = read_text(&format!("[profile.a]\n{name} = \"c4n4ry\"\n"), None);
        let hint = layer.problems[0].hint().unwrap();
        assert_eq!(hint, format!("did you mean `{name}_file`?"));
    }
}

#[test]
fn several_toml_errors_are_reported() {
    let text = "[profile.a]\nusername = \nclient_id = x\n";
    assert_eq!(read_text(text, None).problems.len(), 2);
}

#[test]
fn paths_are_relative_to_config_folder() {
    for (written, path) in [
        ("server.key", "/etc/orgtoken/server.key"),
        ("../server.key", "/etc/orgtoken/../server.key"),
        ("/keys/server.key", "/keys/server.key"),
        ("~/server.key", "~/server.key"),
        ("-", "-"),
    ] {
        let layer = read_text(&format!("[profile.a]\nprivate_key_file = \"{written}\"\n"), None);
        assert!(matches!(&layer.entries[0].raw, Raw::File(found) if found == path), "{written}");
    }
}

#[test]
fn profile_overrides_its_record_but_not_a_requested_one() {
    let profile = "[profile.a]\nrecord = \"sf.json\"\nusername = \"profile@acme.com\"\n";
    let record = b"{\"Username\": \"record@acme.com\"}".to_vec();
    for (name, flag, wins) in [("its own", false, "profile, "), ("asked for", true, "record, ")] {
        let mut flags = Layer::flags();
        if flag {
            flags.set(Setting::Record, "--settings", "other.json");
        }
        let mut loader = Loader::new([flags, read_text(profile, None)]);
        let input = loader.next_input().unwrap();
        loader.provide(&input, record.clone().into());
        let effective = loader.effective(Setting::Username).unwrap();
        let found = if matches!(effective.source, Source::Record { .. }) {
            "record, "
        } else {
            "profile, "
        };
        assert_eq!(found, wins, "{name}");
    }
}

#[test]
fn unknown_name_hint_names_config_schema() {
    let layer = ConfigFile::parse(b"[profile.a]\nfoo = 1\n", "config.toml").profile(None);
    let [problem] = layer.problems.as_slice() else { panic!("{:?}", layer.problems) };
    assert!(problem.hint().unwrap().contains("`orgtoken settings schema config`"));
}

#[test]
fn default_profile_is_named_or_only() {
    for (name, text, names, default) in [
        ("nothing", "", &[][..], None),
        ("not TOML", "[[[", &[], None),
        ("one", "[profile.acme]\n", &["acme"], Some("acme")),
        ("two", "[profile.b]\n[profile.a]\n", &["a", "b"], None),
        ("a default", TWO, &["a", "b"], Some("b")),
    ] {
        let config = ConfigFile::parse(text.as_bytes(), "config.toml");
        assert_eq!(config.names(), names, "{name}");
        assert_eq!(config.default_name().as_deref(), default, "{name}");
    }
}

#[test]
fn key_variables_of_all_profiles() {
    let text = "[profile.a]\nprivate_key_env = \"KEY_A\"\n[profile.b]\nprivate_key_env = 1\n\
                [profile.c]\nprivate_key_env = \"KEY_C\"\n";
    assert_eq!(ConfigFile::parse(text.as_bytes(), "c").key_variables(), ["KEY_A", "KEY_C"]);
}
