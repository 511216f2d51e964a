use orgtoken_assertion::Diagnostic;

use super::*;
use crate::tests::{check, check_bytes, fields, object, only, record};

/// The template of the blueprint's README, to the letter: `InstanceUrl` lacks its first quote.
const TEMPLATE: &str = r#"{ "Username": "<username>", "ClientId": "<client id>", "PrivateKey": "<key cert>", InstanceUrl": "<instance url>", "InstanceAPIVersion": "<verion>"}"#;

#[test]
fn accepted_record_forms() {
    let bare = record();
    let text = serde_json::to_string(&bare).unwrap();
    let around = |value: &str| {
        format!(
            r#"{{"key": "_salesforce_api_settings", "name": "Salesforce settings", "type": "object",
                "value": {value}, "tag": ["frontend", "salesforce"], "role": ["admin"]}}"#
        )
    };
    for (name, json, pointer) in [
        ("byte order mark", format!("\u{feff}{bare}"), "/Username"),
        ("record form", around(&bare), "/value/Username"),
        ("bare value", bare.clone(), "/Username"),
        (
            "blueprint's table",
            format!(r#"{{"key": "a", "value": {bare}, "tag": "x,y", "role": "admin"}}"#),
            "/value/Username",
        ),
        (
            "Hub's answer",
            format!(r#"{{"_salesforce_api_settings": {bare}}}"#),
            "/_salesforce_api_settings/Username",
        ),
        ("list with one record", format!("[{}]", around(&bare)), "/0/value/Username"),
        ("list with one bare value", format!("[{bare}]"), "/0/Username"),
        ("value as text", around(&text), "/value/Username"),
        ("bare value as text", text, "/Username"),
    ] {
        let settings = check(&json).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert_eq!(settings.username().as_str(), "user@acme.com", "{name}");
        let user = settings.values().iter().find(|o| o.setting == Setting::Username).unwrap();
        assert_eq!(user.source.at(), pointer, "{name}");
    }
}

#[test]
fn unreadable_texts() {
    let utf16: Vec<u8> = record().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, code, at, words) in [
        ("empty", b"".to_vec(), "settings.empty", "$", "settings are empty"),
        ("blanks", b" \n\t ".to_vec(), "settings.empty", "$", "settings are empty"),
        ("too large", vec![b' '; 256 * 1024 + 1], "settings.too_large", "$", "256 KiB"),
        ("not UTF-8", b"{\"Username\": \"\xff\"}".to_vec(), "settings.encoding", "$", "byte 14"),
        ("UTF-16", [b"\xff\xfe".as_slice(), &utf16].concat(), "settings.encoding", "$", "UTF-16"),
        ("UTF-16 without mark", utf16, "settings.encoding", "$", "UTF-16"),
    ] {
        let problems = check_bytes(&bytes).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), code, "{name}");
        assert_eq!(problem.at(), at, "{name}");
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        assert!(problem.hint().is_some(), "{name}");
    }
}

#[test]
fn readme_template_error_names_position() {
    let problems = check(TEMPLATE).unwrap_err();
    let problem = only(&problems);
    assert_eq!(problem.code(), "settings.json");
    assert_eq!(problem.at(), "salesforce.json:1:84");
    assert_eq!(
        problem.to_string(),
        "salesforce.json, line 1, column 84: not JSON: key must be a string"
    );
    assert!(problem.hint().unwrap().contains("lacks the \" before InstanceUrl"));
}

#[test]
fn invalid_json() {
    for (name, json, location, words, hint) in [
        ("trailing comma", "{\"Username\": \"c4n4ry\",\n}", "2:1", "trailing comma", "remove"),
        ("comment", "{\n  // c4n4ry\n  \"Username\": 1}", "2:3", "key must be", "quotes"),
        ("single quotes", "{'Username': 'c4n4ry'}", "1:2", "key must be a string", "quotes"),
        ("curly quotes", "{“Username”: “c4n4ry”}", "1:2", "key must be a string", "quotes"),
        (
            "raw line breaks",
            "{\"PrivateKey\": \"-----BEGIN PRIVATE KEY-----\nc4n4ry\"}",
            "2:0",
            "control character",
            "write the line breaks of `PrivateKey` as \\n",
        ),
        ("nesting", &"[".repeat(100_000), "1:128", "recursion limit", "one record"),
        ("missing comma", "{\"Username\": \"a\" \"c4n4ry\": 1}", "1:18", "expected `,`", "such as"),
        ("cut", "{\"Username\": \"c4n4ry\",", "1:22", "EOF", "copy it again"),
        ("backslash", "{\"PrivateKey\": \"C:\\keys\"}", "1:20", "invalid escape", "such as"),
        ("two records", "{}\n{}", "2:1", "trailing characters", "one record"),
        ("a key", "-----BEGIN PRIVATE KEY-----\nc4n4ry", "1:2", "invalid number", "such as"),
        ("YAML", "Username: c4n4ry\n", "1:1", "expected value", "such as"),
    ] {
        let problems = check(json).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), "settings.json", "{name}");
        assert_eq!(problem.at(), format!("salesforce.json:{location}"), "{name}: {problem}");
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        let found = problem.hint().unwrap();
        assert!(found.contains(hint), "{name}: {found}");
        assert!(!format!("{problems} {problems:?}").contains("c4n4ry"), "{name}: {problems:?}");
    }
}

#[test]
fn json_without_record() {
    let bare = record();
    let once = serde_json::to_string(&bare).unwrap();
    let twice = serde_json::to_string(&once).unwrap();
    for (name, json, at, words) in [
        ("encoded twice", format!(r#"{{"value": {twice}}}"#), "/value", "one level"),
        ("encoded three times", serde_json::to_string(&twice).unwrap(), "$", "one level"),
        (
            "not JSON inside",
            r#"{"value": "user@acme.com"}"#.to_owned(),
            "/value",
            "the string is not JSON",
        ),
        (
            "template inside",
            format!(r#"{{"value": {}}}"#, serde_json::to_string(TEMPLATE).unwrap()),
            "/value",
            "key must be a string at line 1, column 84 of the string",
        ),
        (
            "several",
            format!(r#"[{{"key": "a", "value": {bare}}}, {{"key": "b", "value": {bare}}}]"#),
            "$",
            "found 2 records (`a`, `b`)",
        ),
        (
            "Hub's answer with several",
            format!(r#"{{"_a": {bare}, "_b": {bare}}}"#),
            "$",
            "found 2 records (`_a`, `_b`)",
        ),
        ("empty list", "[]".to_owned(), "$", "found 0 records"),
        ("number", "7".to_owned(), "$", "found a number"),
        ("null as value", r#"{"key": "a", "value": null}"#.to_owned(), "/value", "found null"),
    ] {
        let problems = check(&json).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), "settings.shape", "{name}");
        assert_eq!(problem.at(), at, "{name}");
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        assert!(problem.hint().is_some(), "{name}");
    }
}

#[test]
fn record_is_selected_by_key() {
    let bare = record();
    for (name, json, pointer) in [
        (
            "list",
            format!(r#"[{{"key": "_a", "value": {{}}}}, {{"key": "_b", "value": {bare}}}]"#),
            "/1/value",
        ),
        ("Hub's answer", format!(r#"{{"_a": {{}}, "_b": {bare}}}"#), "/_b"),
    ] {
        for key in ["_b", "b"] {
            let layer = Layer::from_record(json.as_bytes(), "salesforce.json", Some(key));
            assert_eq!(layer.record.unwrap().pointer, pointer, "{name}");
        }
        let layer = Layer::from_record(json.as_bytes(), "salesforce.json", Some("c"));
        assert!(layer.problems[0].to_string().contains("`_a`, `_b`"), "{name}");
    }
}

#[test]
fn key_selects_one_record_and_no_other() {
    let bare = record();
    let of = |key: &str| format!(r#"{{"key": "{key}", "value": {bare}}}"#);
    let pair = |one, other| format!("[{}, {}]", of(one), of(other));
    for (name, json, found) in [
        ("the record", of("b"), Ok("/value")),
        ("another record", of("a"), Err("settings.shape")),
        ("a list of another record", format!("[{}]", of("a")), Err("settings.shape")),
        ("a record without a key", format!(r#"{{"value": {bare}}}"#), Ok("/value")),
        ("a value alone", bare.clone(), Ok("")),
        ("one with an underscore before", pair("_b", "b"), Ok("/1/value")),
        ("two underscores before", format!("[{}]", of("__b")), Err("settings.shape")),
        ("two of the same key", pair("b", "b"), Err("settings.duplicate")),
        ("the same with underscores", pair("_b", "_b"), Err("settings.duplicate")),
        ("two names", format!(r#"{{"_b": {bare}, "b": {bare}}}"#), Ok("/b")),
    ] {
        let layer = Layer::from_record(json.as_bytes(), "salesforce.json", Some("b"));
        let code = layer.problems.first().map(Diagnostic::code);
        let pointer = layer.record.as_ref().map(|record| &*record.pointer);
        assert_eq!(pointer.ok_or_else(|| code.unwrap_or_default()), found, "{name}");
    }
}

#[test]
fn duplicate_name_is_refused() {
    let doubled = format!("{}, \"ClientId\": \"3MVG9other\"}}", record().trim_end_matches('}'));
    let text = serde_json::to_string(&doubled).unwrap();
    for (name, json, at) in [
        ("bare", doubled, "/ClientId"),
        ("in the text form", format!(r#"{{"value": {text}}}"#), "/value/ClientId"),
        ("the value itself", r#"{"value": {}, "value": {}}"#.to_owned(), "/value"),
    ] {
        let problems = check(&json).unwrap_err();
        assert_eq!(only(&problems).code(), "settings.duplicate", "{name}");
        assert_eq!(only(&problems).at(), at, "{name}");
    }
}

#[test]
fn misspelt_names_get_suggestions() {
    for (wrong, right) in [
        ("privatekey", "PrivateKey"),
        ("private_key", "PrivateKey"),
        ("Client_Id", "ClientId"),
        ("client id", "ClientId"),
        ("ConsumerKey", "ClientId"),
        ("userName", "Username"),
        ("InstanceURL", "InstanceUrl"),
        ("InstanceApiVersion", "InstanceAPIVersion"),
        ("ApiVersion", "InstanceAPIVersion"),
    ] {
        let mut fields = fields();
        fields.iter_mut().filter(|(name, _)| *name == right).for_each(|field| field.0 = wrong);
        let problems = check(&object(&fields)).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), "settings.missing", "{wrong}");
        assert_eq!(problem.at(), format!("/{right}"), "{wrong}");
        assert!(problem.to_string().contains(wrong), "{wrong}");
        assert!(problem.hint().unwrap().contains(&format!("did you mean `{right}`?")), "{wrong}");
    }
}

#[test]
fn optional_name_is_refused_in_another_spelling_only() {
    for (name, near, is_refused) in [
        ("loginUrl", "LoginUrl", true),
        ("Login_URL", "LoginUrl", true),
        ("login-url", "LoginUrl", true),
        ("Login Url", "LoginUrl", true),
        ("AUDIENCE", "Audience", true),
        ("LoginUrls", "LoginUrl", false),
        ("Login.Url", "LoginUrl", false),
        ("LogonUrl", "LoginUrl", false),
        ("Audience2", "Audience", false),
    ] {
        let mut fields = fields();
        fields.push((name, "\"https://test.salesforce.com\"".to_owned()));
        let checked = check(&object(&fields));
        if is_refused {
            let problems = checked.unwrap_err();
            assert_eq!(only(&problems).code(), "settings.unknown", "{name}");
            assert_eq!(only(&problems).hint().unwrap(), format!("did you mean `{near}`?"));
            assert!(problems.notices().is_empty(), "{name}: {:?}", problems.notices());
        } else {
            let settings = checked.unwrap();
            let [notice] = settings.notices() else { panic!("{name}: {:?}", settings.notices()) };
            assert!(notice.is_suspicious(), "{name}");
            let words = format!("unknown name `{name}` is ignored; did you mean `{near}`?");
            assert_eq!(notice.message(), words);
        }
    }
}

#[test]
fn wrong_type_is_named_without_value() {
    for (name, json, found) in [
        ("null", "null", "null"),
        ("number", "31337000", "a number"),
        ("bool", "true", "true or false"),
        ("list", "[\"c4n4ry\"]", "a list"),
        ("object", "{\"c4n4ry\": \"c4n4ry\"}", "an object"),
    ] {
        for field in ["Username", "ClientId", "PrivateKey", "InstanceUrl", "InstanceAPIVersion"] {
            if (name, field) == ("number", "InstanceAPIVersion") {
                continue;
            }
            let problems = check(&crate::tests::record_with(field, json)).unwrap_err();
            let problem = only(&problems);
            assert_eq!(problem.code(), "settings.type", "{name} {field}");
            assert_eq!(problem.at(), format!("/{field}"), "{name}");
            let words = format!("{problem} {problem:?} {problems:?}");
            assert!(words.contains(&format!("expected a string, found {found}")), "{words}");
            assert!(!words.contains("c4n4ry") && !words.contains("31337"), "{words}");
        }
    }
}

#[test]
fn unknown_names_give_notices() {
    let long = "Comment".repeat(20);
    let mut fields = fields();
    fields.push(("Description", "\"c4n4ry\"".to_owned()));
    fields.push((
        "Some Long Name Of A Thing That Nobody Would Ever Read To The Very End",
        "1".to_owned(),
    ));
    fields.push((&*Box::leak(long.into_boxed_str()), "1".to_owned()));
    let settings = check(&object(&fields)).unwrap();
    let notices: Vec<String> = settings.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "record salesforce.json, /Description: unknown name `Description` is ignored",
            "record salesforce.json, /[withheld]: unknown name `[withheld]` is ignored",
            "record salesforce.json, /[withheld]: unknown name `[withheld]` is ignored",
        ]
    );
}
