use orgtoken_assertion::{Diagnostic, Passphrase};

use crate::tests::{CLIENT_ID, KEY, check, fields, object, only, record, record_with};
use crate::{
    Cache, ConfigFile, Input, KeySource, Layer, Loader, ProfileChoice, ReadError, Setting,
};

#[test]
fn hint_names_the_record_field() {
    let problems = check("{}").unwrap_err();
    assert_eq!(
        problems.hint().unwrap(),
        "add `Username` to the record: the username (user@example.com)"
    );
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn valid_record_gives_settings() {
    let settings = check(&record()).unwrap();
    assert_eq!(settings.username().as_str(), "user@acme.com");
    assert_eq!(settings.client_id().as_str(), CLIENT_ID);
    assert_eq!(settings.api_version().to_string(), "v51.0");
    assert_eq!(settings.instance_url().unwrap().as_str(), "https://acme-dev-ed.my.salesforce.com");
    assert!(matches!(settings.key(), KeySource::Local(key) if key.bits() == 2048));
    assert!(settings.notices().is_empty(), "{:?}", settings.notices());
    assert_eq!(
        settings.resolution().endpoint().as_str(),
        "https://acme-dev-ed.my.salesforce.com/services/oauth2/token"
    );
}

#[test]
fn refused_placeholder_is_named() {
    for (field, value, says) in [
        ("Username", "<username>", "looks like a placeholder"),
        ("Username", "USERNAME...", "looks like a placeholder"),
        ("Username", "$(SF_USERNAME)", "looks like a variable that was not expanded"),
        ("Username", "$SF_USERNAME", "looks like a variable that was not expanded"),
        ("Username", "%SF_USERNAME%", "looks like a variable that was not expanded"),
        ("ClientId", "<client id>", "looks like a placeholder"),
        ("ClientId", "3MVG9…", "looks like a placeholder"),
        ("PrivateKey", "<key cert>", "looks like a placeholder"),
        ("PrivateKey", "$(SF_KEY)", "looks like a variable"),
        ("InstanceUrl", "<instance url>", "looks like a placeholder"),
        ("InstanceUrl", "https://<instance>.my.salesforce.com", "looks like a placeholder"),
        ("InstanceUrl", "https://$(ORG).my.salesforce.com", "looks like a variable"),
        ("InstanceAPIVersion", "<verion>", "looks like a placeholder"),
    ] {
        let problems = check(&record_with(field, &json(value))).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), "settings.placeholder", "{field} {value}");
        assert_eq!(problem.at(), format!("/{field}"), "{value}");
        assert!(problem.to_string().contains(says), "{value}: {problem}");
        assert!(problem.hint().is_some_and(|hint| hint.contains("put ")), "{value}");
    }
}

#[test]
fn accepted_value_of_another_kind_gives_notice() {
    let secret = "0F".repeat(32);
    for (field, value, says) in [
        ("ClientId", "***", "looks like a placeholder"),
        ("ClientId", "null", "looks like a placeholder"),
        ("ClientId", "3MVG9...", "looks like a placeholder"),
        ("ClientId", "${SF_CLIENT_ID}", "looks like a variable that was not expanded"),
        ("ClientId", "$(SF_CLIENT_ID)", "looks like a variable that was not expanded"),
        ("ClientId", "$SF_CLIENT_ID", "looks like a variable that was not expanded"),
        ("ClientId", "%SF_CLIENT_ID%", "looks like a variable that was not expanded"),
        ("ClientId", "{{client_id}}", "looks like a variable that was not expanded"),
        ("ClientId", "user@acme.com", "looks like a username, which belongs in `Username`"),
        ("ClientId", "https://acme.my.salesforce.com", "looks like a URL"),
        ("ClientId", "1234567890123456789", "looks like a Consumer Secret"),
        ("ClientId", &secret, "looks like a Consumer Secret, which this login does not need"),
    ] {
        let settings = check(&record_with(field, &json(value))).unwrap();
        let [notice] = settings.notices() else { panic!("{value}: {:?}", settings.notices()) };
        assert!(notice.is_suspicious(), "{value}");
        assert!(notice.to_string().contains(says), "{value}: {notice}");
        assert!(!notice.to_string().contains(value), "{value}: {notice}");
    }
    let settings = check(&record_with("ClientId", &json(&secret))).unwrap();
    assert!(settings.values().iter().all(|value| !value.to_string().contains(&secret)));
}

#[test]
fn company_names_pass_as_hosts_and_users() {
    let names = include_str!("../../testdata/company-names.txt");
    assert_eq!(names.lines().count(), 200);
    for name in names.lines() {
        let fields = [
            ("InstanceUrl", format!("https://{name}.my.salesforce.com")),
            ("InstanceUrl", format!("https://{name}--uat.sandbox.my.salesforce.com")),
            ("Username", format!("{name}@acme.com")),
            ("Username", format!("integration@{name}.com")),
            ("Username", format!("integration@acme.com.{name}")),
        ];
        for (field, value) in fields {
            let settings = check(&record_with(field, &json(&value)))
                .unwrap_or_else(|problems| panic!("{value}: {problems}"));
            let sandbox = value.contains("--uat");
            assert_eq!(settings.notices().len(), usize::from(sandbox), "{value}");
        }
    }
}

#[test]
fn unexpanded_variable_in_other_settings_gives_notice() {
    for (name, value) in [("ORGTOKEN_PROXY", "http://$(PROXY)"), ("ORGTOKEN_CA_FILE", "${CA_FILE}")]
    {
        let environment = Layer::from_environment([(name.to_owned(), value.to_owned())]);
        let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
        let settings = Loader::new([environment, record]).check().unwrap();
        let [notice] = settings.notices() else { panic!("{name}: {:?}", settings.notices()) };
        assert!(notice.to_string().contains("looks like a variable"), "{notice}");
    }
}

#[test]
fn dots_in_a_key_comment_are_not_a_placeholder() {
    let key = format!("# rotated in March... by ops\n{}", KEY.as_str());
    let variable = ("SF_JWT_PRIVATE_KEY".to_owned(), key.clone());
    let mut fields = fields();
    fields.retain(|(name, _)| *name != "PrivateKey");
    let record = || Layer::from_record(object(&fields).as_bytes(), "salesforce.json", None);
    Loader::new([record(), Layer::from_environment([variable])]).check().unwrap();
    check(&record_with("PrivateKey", &json(&key))).unwrap();
}

#[test]
fn missing_field_is_reported_once() {
    for missing in ["Username", "ClientId", "PrivateKey", "InstanceUrl", "InstanceAPIVersion"] {
        let mut fields = fields();
        fields.retain(|(name, _)| *name != missing);
        let problems = check(&object(&fields)).unwrap_err();
        assert_eq!(only(&problems).code(), "settings.missing", "{missing}");
        assert_eq!(only(&problems).at(), format!("/{missing}"));
    }
    let problems = check("{}").unwrap_err();
    let places: Vec<String> = problems.iter().map(|problem| problem.at()).collect();
    assert_eq!(
        places,
        ["/Username", "/ClientId", "/PrivateKey", "/InstanceUrl", "/InstanceAPIVersion"]
    );
}

#[test]
fn instance_url_is_optional_without_record() {
    let problems = Loader::new([]).check().unwrap_err();
    let places: Vec<String> = problems.iter().map(|problem| problem.at()).collect();
    assert_eq!(places, ["username", "client_id", "private_key"]);
    let hint = problems.hint().unwrap();
    for way in ["ORGTOKEN_USERNAME", "`username` in a profile", "`Username` in a record"] {
        assert!(hint.contains(way), "{hint}");
    }
}

#[test]
fn invalid_values_are_refused() {
    let long = "a".repeat(600) + "@acme.com";
    let zero_width = "us\u{200b}er@acme.com";
    for (name, field, value, code, words) in [
        ("long username", "Username", long.as_str(), "settings.too_large", "512 characters"),
        ("long client id", "ClientId", &"3".repeat(513), "settings.too_large", "512"),
        ("NUL", "Username", "user\0@acme.com", "settings.value", "U+0000 at position 5"),
        ("newline", "Username", "user@acme.com\nx", "settings.value", "U+000A"),
        ("turned around", "Username", "user\u{202e}@acme.com", "settings.value", "U+202E"),
        ("zero width", "Username", zero_width, "settings.value", "U+200B at position 3"),
        ("in a client id", "ClientId", "3MVG9\u{feff}abc", "settings.value", "U+FEFF"),
        ("without @", "Username", "integration", "settings.value", "no `@`"),
        ("user id", "Username", "0055g00000ABCDEAA2", "settings.value", "a user id"),
        ("blank", "ClientId", "3MVG9 abc", "settings.value", "U+0020 at position 6"),
        (
            "quotes around",
            "Username",
            "\"user@acme.com\"",
            "settings.value",
            "U+0022 at position 1",
        ),
        ("mailto", "Username", "mailto:user@acme.com", "settings.value", "U+003A at position 7"),
        ("quote", "ClientId", "\"3MVG9abc\"", "settings.value", "U+0022 at position 1"),
        ("angle", "ClientId", "3MVG9<abc", "settings.value", "U+003C"),
        ("not ASCII", "ClientId", "3MVG9é", "settings.value", "U+00E9"),
        ("key as client id", "ClientId", KEY.as_str(), "settings.swapped", "`PrivateKey`"),
        (
            "URL as username",
            "Username",
            "https://acme.my.salesforce.com",
            "settings.swapped",
            "`InstanceUrl`",
        ),
        ("client id as username", "Username", CLIENT_ID, "settings.swapped", "`ClientId`"),
        ("client id as key", "PrivateKey", CLIENT_ID, "settings.swapped", "`ClientId`"),
        ("key as URL", "InstanceUrl", KEY.as_str(), "settings.swapped", "`PrivateKey`"),
        (
            "URL as version",
            "InstanceAPIVersion",
            "https://acme.my.salesforce.com",
            "settings.swapped",
            "`InstanceUrl`",
        ),
        (
            "certificate as client id",
            "ClientId",
            "-----BEGIN CERTIFICATE-----",
            "settings.swapped",
            "the app in Salesforce",
        ),
        (
            "path as key",
            "PrivateKey",
            "/srv/keys/salesforce.key",
            "key.not_a_key",
            "the path of a file",
        ),
        ("relative path as key", "PrivateKey", "server.key", "key.not_a_key", "path"),
        ("Windows path as key", "PrivateKey", "C:\\keys\\server.pem", "key.not_a_key", "path"),
        ("URL as key", "PrivateKey", "https://acme.com/server.key", "key.not_a_key", "a URL"),
        ("latest", "InstanceAPIVersion", "latest", "settings.value", "not an API version"),
        ("three parts", "InstanceAPIVersion", "v5.1.0", "settings.value", "not an API version"),
        ("zero", "InstanceAPIVersion", "v0.0", "settings.value", "not an API version"),
        ("empty key", "PrivateKey", "", "settings.missing", "missing"),
        ("blank key", "PrivateKey", " \n ", "settings.missing", "missing"),
        ("Lightning URL", "InstanceUrl", "https://acme.lightning.force.com", "url.host", "host"),
        ("http", "InstanceUrl", "http://acme.my.salesforce.com", "url.scheme", "https"),
    ] {
        let problems = check(&record_with(field, &json(value))).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), code, "{name}: {problem}");
        assert_eq!(problem.at(), format!("/{field}"), "{name}");
        let words_of = format!("{problem} {}", problem.hint().unwrap_or_default());
        assert!(words_of.contains(words), "{name}: {words_of}");
    }
}

#[test]
fn swapped_value_names_both_settings() {
    let problems = check(&record_with("Username", &json(CLIENT_ID))).unwrap_err();
    assert_eq!(
        only(&problems).to_string(),
        "record salesforce.json, /Username: invalid: looks like a Consumer Key, which belongs in \
         `ClientId`"
    );
    assert_eq!(
        only(&problems).hint().unwrap(),
        "put it into `ClientId`, and the username (user@example.com) here"
    );
}

#[test]
fn outer_blanks_are_trimmed_with_notice() {
    let settings = check(&record_with("Username", "\" user@acme.com\\n\"")).unwrap();
    assert_eq!(settings.username().as_str(), "user@acme.com");
    assert_eq!(
        settings.notices()[0].to_string(),
        "record salesforce.json, /Username: removed the blanks around `username`"
    );
}

#[test]
fn api_version_forms() {
    for (written, major) in [
        ("\"v51.0\"", 51),
        ("\"51.0\"", 51),
        ("\"v51\"", 51),
        ("\"51\"", 51),
        ("51", 51),
        ("51.0", 51),
        ("\"V66.0\"", 66),
    ] {
        let settings = check(&record_with("InstanceAPIVersion", written)).unwrap();
        assert_eq!(settings.api_version().major(), major, "{written}");
    }
}

#[test]
fn flag_overrides_variable_overrides_record() {
    let mut flags = Layer::flags();
    flags.set(Setting::Username, "--username", "flag@acme.com");
    let environment = Layer::from_environment([
        ("ORGTOKEN_USERNAME".to_owned(), "own@acme.com".to_owned()),
        ("SF_USERNAME".to_owned(), "world@acme.com".to_owned()),
        ("SF_CLIENT_ID".to_owned(), "3MVG9world".to_owned()),
    ]);
    let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
    let settings = Loader::new([record, environment, flags]).check().unwrap();
    assert_eq!(settings.username().as_str(), "flag@acme.com");
    assert_eq!(settings.client_id().as_str(), CLIENT_ID);
    let notices: Vec<String> = settings.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "record salesforce.json, /Username: `username` is overridden by flag --username",
            "environment variable SF_CLIENT_ID: `client_id` is overridden by record salesforce.json, /ClientId",
            "environment variable ORGTOKEN_USERNAME: `username` is overridden by flag --username",
            "environment variable SF_USERNAME: `username` is overridden by flag --username",
        ]
    );
}

#[test]
fn overridden_invalid_value_is_ignored() {
    let mut flags = Layer::flags();
    flags.set(Setting::Username, "--username", "flag@acme.com");
    let record = record_with("Username", "7");
    let record = Layer::from_record(record.as_bytes(), "salesforce.json", None);
    assert!(Loader::new([flags, record]).check().is_ok());
}

#[test]
fn all_problems_are_reported_at_once() {
    let json = r#"{"Username": "integration", "ClientId": "3MVG9…", "PrivateKey": "server.key",
        "InstanceUrl": "http://acme.my.salesforce.com", "InstanceAPIVersion": "latest"}"#;
    let problems = check(json).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code()).collect();
    assert_eq!(
        codes,
        ["settings.value", "settings.placeholder", "key.not_a_key", "url.scheme", "settings.value"]
    );
    assert!(problems.to_string().starts_with("5 problems in the settings: record"));
}

#[test]
fn record_cannot_allow_hosts() {
    let json = record_with("InstanceUrl", &json("https://login.acme.example.org"));
    let record = || Layer::from_record(json.as_bytes(), "salesforce.json", None);
    let problems = Loader::new([record()]).check().unwrap_err();
    assert_eq!(only(&problems).code(), "url.host");
    let variable = ("ORGTOKEN_ALLOW_HOSTS".to_owned(), "login.acme.example.org".to_owned());
    let mut flags = Layer::flags();
    flags.set_list(Setting::AllowHosts, "--allow-host", vec!["127.0.0.1:8443".to_owned()]);
    let settings =
        Loader::new([flags, Layer::from_environment([variable]), record()]).check().unwrap();
    assert_eq!(settings.allowed_hosts().iter().count(), 2, "flags and variables add up");
}

#[test]
fn mismatched_audience_is_reported_at_its_field() {
    let mut fields = fields();
    fields.push(("LoginUrl", json("https://test.salesforce.com")));
    fields.push(("Audience", json("https://login.salesforce.com")));
    let problems = check(&object(&fields)).unwrap_err();
    assert_eq!(only(&problems).code(), "url.audience");
    assert_eq!(only(&problems).at(), "/Audience");
}

#[test]
fn jwk_is_read() {
    let jwk = include_str!("../../../assertion/testdata/rfc7515-a2.jwk");
    let problems = check(&record_with("PrivateKey", &json(jwk))).unwrap_err();
    assert_eq!(only(&problems).code(), "key.test_key", "it was read, and everyone has it");
}

#[test]
fn username_without_sandbox_suffix_gives_notice() {
    let url = json("https://acme--uat.sandbox.my.salesforce.com");
    let settings = check(&record_with("InstanceUrl", &url)).unwrap();
    let notice = &settings.notices()[0];
    assert!(notice.is_suspicious());
    assert!(notice.to_string().contains("does not end in `.uat`"), "{notice}");
}

#[test]
fn login_host_and_retired_version_give_notices() {
    for (name, field, value, says) in [
        ("login", "InstanceUrl", "https://login.salesforce.com", "serves every org"),
        ("old", "InstanceAPIVersion", "v28.0", "retired"),
    ] {
        let settings = check(&record_with(field, &json(value))).unwrap();
        let [notice] = settings.notices() else { panic!("{name}: {:?}", settings.notices()) };
        assert!(notice.is_suspicious(), "{name}");
        assert!(notice.to_string().contains(says), "{name}: {notice}");
        assert!(notice.to_string().contains(field), "{name}: {notice}");
    }
}

#[test]
fn urls_are_normalized_with_notice() {
    for written in [
        "https://acme.my.salesforce.com/",
        "acme.my.salesforce.com",
        "HTTPS://ACME.my.salesforce.com:443",
    ] {
        let settings = check(&record_with("InstanceUrl", &json(written))).unwrap();
        assert_eq!(settings.instance_url().unwrap().as_str(), "https://acme.my.salesforce.com");
        assert_eq!(
            settings.notices()[0].to_string(),
            "record salesforce.json, /InstanceUrl: `instance_url` is read as https://acme.my.salesforce.com"
        );
    }
}

#[test]
fn inputs_are_requested_until_complete() {
    let config = b"[profile.acme]\nrecord = \"sf.json\"\npassphrase_file = \"/run/secrets/pass\"\n";
    let profile = ConfigFile::parse(config, "conf/config.toml").profile(None);
    let mut flags = Layer::flags();
    flags.set_file(Setting::PrivateKey, "--jwt-key-file", "-");
    let variable = ("ORGTOKEN_CLIENT_ID_FILE".to_owned(), "/run/secrets/id".to_owned());
    let mut loader = Loader::new([flags, Layer::from_environment([variable]), profile]);
    let mut asked = Vec::new();
    while let Some(input) = loader.next_input() {
        let bytes = match &input {
            Input::File { path, .. } if path == "conf/sf.json" => record().into_bytes(),
            Input::File { path, .. } if path == "/run/secrets/id" => b"3MVG9file\n".to_vec(),
            Input::Stdin { .. } => KEY.clone().into_bytes(),
            _ => b"secret\n".to_vec(),
        };
        loader.provide(&input, bytes.into());
        asked.push(input.setting());
    }
    assert_eq!(
        asked,
        [Setting::Record, Setting::ClientId, Setting::Passphrase, Setting::PrivateKey]
    );
    let settings = loader.check().unwrap();
    assert_eq!(settings.client_id().as_str(), "3MVG9file");
    assert_eq!(settings.username().as_str(), "user@acme.com");
}

#[test]
fn unreadable_record_is_one_problem() {
    for (name, why, code, words) in [
        (
            "absent",
            ReadError::Os { path: "sf.json".into(), reason: "No such file or directory".into() },
            "settings.read",
            "cannot read `sf.json`: No such file",
        ),
        (
            "too large",
            ReadError::TooLarge { path: "sf.json".into(), limit: 262_144 },
            "settings.too_large",
            "256 KiB",
        ),
    ] {
        let mut flags = Layer::flags();
        flags.set(Setting::Record, "--settings", "sf.json");
        let mut loader = Loader::new([flags]);
        let input = loader.next_input().unwrap();
        assert_eq!(
            input,
            Input::File { setting: Setting::Record, path: "sf.json".into() },
            "{name}"
        );
        loader.fail(&input, why);
        assert_eq!(loader.next_input(), None, "{name}");
        let problems = loader.check().unwrap_err();
        assert_eq!(only(&problems).code(), code, "{name}");
        assert!(only(&problems).to_string().contains(words), "{name}: {problems}");
    }
}

#[test]
fn unreadable_key_file_is_a_key_problem() {
    let mut flags = Layer::flags();
    flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.key");
    let mut loader =
        Loader::new([flags, Layer::from_record(record().as_bytes(), "salesforce.json", None)]);
    let input = loader.next_input().unwrap();
    loader
        .fail(&input, ReadError::Os { path: "server.key".into(), reason: "it is a folder".into() });
    let problems = loader.check().unwrap_err();
    assert_eq!(
        (only(&problems).code(), only(&problems).at().as_str()),
        ("key.read", "--jwt-key-file")
    );
}

#[test]
fn record_flag_disables_default_profile() {
    let mut flags = Layer::flags();
    assert_eq!(Loader::new([]).profile(), ProfileChoice::Default);
    flags.set(Setting::Record, "--settings", "sf.json");
    assert_eq!(Loader::new([flags]).profile(), ProfileChoice::None);
    let mut flags = Layer::flags();
    flags.set(Setting::Record, "--settings", "sf.json");
    flags.set(Setting::Profile, "--profile", "acme");
    assert_eq!(Loader::new([flags]).profile(), ProfileChoice::Named("acme"));
    let mut flags = Layer::flags();
    flags.set(Setting::Record, "--settings", "sf.json");
    let exported = Layer::from_environment([("ORGTOKEN_PROFILE".to_owned(), "acme".to_owned())]);
    assert_eq!(Loader::new([flags, exported]).profile(), ProfileChoice::None);
}

#[test]
fn variables_of_other_tools_are_between_a_named_and_the_default_profile() {
    let config = b"[profile.acme]\nrecord = \"sf.json\"\nlogin_url = \"test.salesforce.com\"\n";
    for (name, endpoint, username) in [
        (Some("acme"), "https://test.salesforce.com/services/oauth2/token", "user@acme.com"),
        (None, "https://login.salesforce.com/services/oauth2/token", "other@acme.com"),
    ] {
        let variables = [
            ("SF_USERNAME".to_owned(), "other@acme.com".to_owned()),
            ("SF_LOGIN_URL".to_owned(), "login.salesforce.com".to_owned()),
        ];
        let profile = ConfigFile::parse(config, "config.toml").profile(name);
        let mut loader = Loader::new([profile, Layer::from_environment(variables)]);
        let input = loader.next_input().unwrap();
        loader.provide(&input, record().into_bytes().into());
        let settings = loader.check().unwrap();
        assert_eq!(settings.resolution().endpoint().as_str(), endpoint, "{name:?}");
        assert_eq!(settings.username().as_str(), username, "{name:?}");
    }
}

#[test]
fn other_settings_are_read() {
    let config = br#"
        [profile.acme]
        token_lifetime = "15m"
        cache = "rediss://:pa55@cache.acme.com"
        ca_file = "ca.pem"
        proxy = "http://me:pa55@proxy.acme.com:3128"
        allow_users = ["deploy"]
        allow_methods = ["get", "POST"]
        allow_paths = ["query", "sobjects/Account", "/services/apexrest/"]
    "#;
    let profile = ConfigFile::parse(config, "/etc/orgtoken/config.toml").profile(None);
    let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
    let settings = Loader::new([profile, record]).check().unwrap();
    assert_eq!(settings.token_lifetime().unwrap().as_secs(), 900);
    assert!(matches!(settings.cache(), Cache::Redis(url) if url.secret().contains("pa55")));
    assert_eq!(settings.ca_file(), Some("/etc/orgtoken/ca.pem"));
    assert_eq!(settings.allow_users(), ["deploy"]);
    assert_eq!(settings.allow_methods().unwrap(), ["GET", "POST"]);
    let paths = ["query", "sobjects/Account", "/services/apexrest/"];
    assert_eq!(settings.allow_paths().unwrap(), paths);
    assert!(!format!("{settings:?}").contains("pa55"));
    assert!(settings.values().iter().all(|value| !value.to_string().contains("pa55")));
}

#[test]
fn what_is_not_a_method_or_a_path_of_calls_is_refused() {
    for (line, message) in [
        ("allow_methods = [\"GET\", \"CONNECT\"]", "not a method of API calls"),
        ("allow_methods = []", "an empty list, which allows nothing"),
        ("allow_paths = []", "an empty list, which allows nothing"),
        ("allow_paths = [\"\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"/\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"/services\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"/secur/frontdoor.jsp\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"/services/OAuth2\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"/services/oauth2/\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"query/../tooling\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"sobjects//Account\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"query?q\"]", "not the beginning of a path of API calls"),
        ("allow_paths = [\"https://evil.example\"]", "not the beginning of a path of API calls"),
    ] {
        let config = format!("[profile.acme]\n{line}\n");
        let profile = ConfigFile::parse(config.as_bytes(), "config.toml").profile(None);
        let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
        let problems = Loader::new([profile, record]).check().unwrap_err().to_string();
        assert!(problems.contains(message), "{line}: {problems}");
    }
}

#[test]
fn values_are_shown_except_secrets() {
    let settings = check(&record()).unwrap();
    let sources: Vec<String> = settings.values().iter().map(ToString::to_string).collect();
    assert_eq!(
        sources,
        [
            "username = user@acme.com (record salesforce.json, /Username)".to_owned(),
            format!("client_id = {CLIENT_ID} (record salesforce.json, /ClientId)"),
            "private_key = [set] (record salesforce.json, /PrivateKey)".to_owned(),
            "instance_url = https://acme-dev-ed.my.salesforce.com (record salesforce.json, /InstanceUrl)".to_owned(),
            "api_version = v51.0 (record salesforce.json, /InstanceAPIVersion)".to_owned(),
        ]
    );
}

#[test]
fn key_without_a_passphrase_is_decrypted_with_a_typed_one() {
    let mut settings = {
        let mut flags = Layer::flags();
        flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.key");
        let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
        let mut loader = Loader::new([flags, record]);
        let input = loader.next_input().unwrap();
        loader.provide(&input, encrypted_key("0pen sesame").into_bytes().into());
        assert_eq!(loader.next_input(), None);
        loader.check().unwrap()
    };
    let KeySource::Encrypted(key) = settings.key() else { panic!("{:?}", settings.key()) };
    assert!(key.lacks_passphrase());
    for (typed, code) in [(None, "key.encrypted"), (Some("open sesame"), "key.passphrase")] {
        let problems = settings.decrypt_key(typed.map(Passphrase::new).as_ref()).unwrap_err();
        assert_eq!(only(&problems).code(), code);
        assert_eq!(only(&problems).at(), "--jwt-key-file");
    }
    settings.decrypt_key(Some(&Passphrase::new("0pen sesame"))).unwrap();
    assert!(matches!(settings.key(), KeySource::Local(_)));
}

#[test]
fn every_form_of_an_encrypted_key_is_decrypted() {
    use base64ct::{Base64, Encoding};
    use pkcs8::{DecodePrivateKey, EncodePrivateKey};
    let key = rsa::PrivateKey::from_pkcs8_pem(&KEY).unwrap();
    let der = key.to_pkcs8_encrypted_der("0pen sesame").unwrap().as_bytes().to_vec();
    let pem = encrypted_key("0pen sesame");
    for (name, key) in [
        ("DER", der.clone()),
        ("base64 of DER", Base64::encode_string(&der).into_bytes()),
        ("base64 of PEM", Base64::encode_string(pem.as_bytes()).into_bytes()),
        ("PEM on one line", pem.replace('\n', " ").into_bytes()),
        ("PEM with another label", pem.replace("ENCRYPTED ", "").into_bytes()),
    ] {
        let mut flags = Layer::flags();
        flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.key");
        let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
        let mut loader = Loader::new([flags, record]);
        let input = loader.next_input().unwrap();
        loader.provide(&input, key.into());
        let mut settings = loader.check().unwrap();
        settings.decrypt_key(Some(&Passphrase::new("0pen sesame"))).unwrap();
        assert!(matches!(settings.key(), KeySource::Local(_)), "{name}");
    }
}

#[test]
fn unset_passphrase_variable_is_the_only_problem() {
    let mut flags = Layer::flags();
    flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.key");
    flags.set_variable(Setting::Passphrase, "--key-passphrase-env", "MY_PASS");
    let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
    let mut loader = Loader::new([flags, record]);
    while let Some(input) = loader.next_input() {
        match input {
            Input::Variable { ref name, .. } => {
                let why = ReadError::Unset { name: name.clone() };
                loader.fail(&input, why);
            }
            _ => loader.provide(&input, encrypted_key("0pen sesame").into_bytes().into()),
        }
    }
    let problems = loader.check().unwrap_err();
    assert!(only(&problems).to_string().contains("variable MY_PASS is not set"), "{problems}");
    assert_eq!(only(&problems).hint().unwrap(), "set MY_PASS, or name another variable");
}

#[test]
fn invalid_public_key_hint_names_no_private_key() {
    let config = b"[profile.acme]\nsigner_command = \"sign\"\npublic_key_file = \"a.crt\"\n";
    let profile = ConfigFile::parse(config, "config.toml").profile(None);
    let mut fields = fields();
    fields.retain(|(name, _)| *name != "PrivateKey");
    let record = Layer::from_record(object(&fields).as_bytes(), "salesforce.json", None);
    let mut loader = Loader::new([profile, record]);
    let input = loader.next_input().unwrap();
    loader.provide(&input, b"hello".to_vec().into());
    let problems = loader.check().unwrap_err();
    let problem = problems.iter().next().unwrap();
    let words = format!("{problem} {}", problem.hint().unwrap());
    assert!(words.contains("not a public key or certificate"), "{words}");
    assert!(!words.contains("private"), "{words}");
}

fn encrypted_key(passphrase: &str) -> String {
    use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
    let key = rsa::PrivateKey::from_pkcs8_pem(&KEY).unwrap();
    key.to_pkcs8_encrypted_pem(passphrase, LineEnding::LF).unwrap().to_string()
}

#[test]
fn empty_file_is_a_missing_value() {
    let variable = ("ORGTOKEN_USERNAME_FILE".to_owned(), "/run/secrets/user".to_owned());
    let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
    let mut loader = Loader::new([Layer::from_environment([variable]), record]);
    let input = loader.next_input().unwrap();
    loader.provide(&input, b"\n".to_vec().into());
    let problems = loader.check().unwrap_err();
    assert_eq!(only(&problems).code(), "settings.missing");
    assert_eq!(only(&problems).at(), "ORGTOKEN_USERNAME_FILE");
}

#[test]
fn published_key_works_on_loopback_only() {
    let published = include_bytes!("../../../assertion/testdata/rfc7515-a2.pem");
    let check = |url: &str| {
        let mut flags = Layer::flags();
        flags.set_file(Setting::PrivateKey, "--jwt-key-file", "server.key");
        flags.set(Setting::InstanceUrl, "--instance-url", url);
        flags.set_list(Setting::AllowHosts, "--allow-host", vec!["127.0.0.1:8443".into()]);
        let record = Layer::from_record(record().as_bytes(), "salesforce.json", None);
        let mut loader = Loader::new([flags, record]);
        let input = loader.next_input().unwrap();
        loader.provide(&input, published.to_vec().into());
        loader.check()
    };
    let problems = check("https://acme.my.salesforce.com").unwrap_err();
    assert_eq!(only(&problems).code(), "key.test_key");
    check("http://127.0.0.1:8443").unwrap();
}

#[test]
fn check_hosts_shows_all_values() {
    let shown = |values: &[crate::EffectiveValue]| -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    };
    let loader = || Loader::new([Layer::from_record(record().as_bytes(), "salesforce.json", None)]);
    let (hosts, settings) = (loader().check_hosts().unwrap(), loader().check().unwrap());
    assert_eq!(shown(hosts.values()), shown(settings.values()));
}

#[test]
fn check_hosts_ignores_other_problems() {
    for (field, value, missing) in [
        ("Username", "<username>", Setting::Username),
        ("PrivateKey", "<key cert>", Setting::PrivateKey),
        ("PrivateKey", " ", Setting::PrivateKey),
        ("InstanceAPIVersion", "latest", Setting::ApiVersion),
    ] {
        let record = record_with(field, &json(value));
        let record = Layer::from_record(record.as_bytes(), "salesforce.json", None);
        let hosts = Loader::new([record]).check_hosts().unwrap();
        let shown = hosts.values();
        assert!(shown.iter().all(|value| value.setting != missing), "{value:?}: {shown:?}");
        assert_eq!(shown.len(), 4, "{value:?}: {shown:?}");
    }
}
