use super::*;
use crate::testing::{check, check_bytes, fields, object, only, record};

/// The template of the blueprint's README, to the letter: `InstanceUrl` lacks its first quote.
const TEMPLATE: &str = r#"{ "Username": "<username>", "ClientId": "<client id>", "PrivateKey": "<key cert>", InstanceUrl": "<instance url>", "InstanceAPIVersion": "<verion>"}"#;

#[test]
fn forms_that_are_a_record() {
    let bare = record();
    let text = serde_json::to_string(&bare).unwrap();
    let around = |value: &str| {
        format!(
            r#"{{"key": "_salesforce_api_settings", "name": "Salesforce settings", "type": "object",
                "value": {value}, "tag": ["frontend", "salesforce"], "role": ["admin"]}}"#
        )
    };
    for (name, json, pointer) in [
        ("A06 byte order mark", format!("\u{feff}{bare}"), "/Username"),
        ("A12 record form", around(&bare), "/value/Username"),
        ("A12 bare value", bare.clone(), "/Username"),
        (
            "A12 blueprint's table",
            format!(r#"{{"key": "a", "value": {bare}, "tag": "x,y", "role": "admin"}}"#),
            "/value/Username",
        ),
        (
            "A12 Hub's answer",
            format!(r#"{{"_salesforce_api_settings": {bare}}}"#),
            "/_salesforce_api_settings/Username",
        ),
        (
            "A12 Hub's answer with others",
            format!(r#"{{"_sap": {{"Url": "x"}}, "_sf": {text}}}"#),
            "/_sf/Username",
        ),
        ("list with one record", format!("[{}]", around(&bare)), "/0/value/Username"),
        ("list with one bare value", format!("[{bare}]"), "/0/Username"),
        ("A13 value as text", around(&text), "/value/Username"),
        ("A13 bare value as text", text, "/Username"),
    ] {
        let settings = check(&json).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert_eq!(settings.username().as_str(), "user@acme.com", "{name}");
        let user = settings.sources().iter().find(|o| o.setting() == Setting::Username).unwrap();
        assert_eq!(user.source().at(), pointer, "{name}");
    }
}

#[test]
fn texts_that_cannot_be_read_at_all() {
    let utf16: Vec<u8> = record().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, code, at, words) in [
        ("A01 empty", b"".to_vec(), "settings.empty", "$", "settings are empty"),
        ("A01 blanks", b" \n\t ".to_vec(), "settings.empty", "$", "settings are empty"),
        ("A04 too large", vec![b' '; 256 * 1024 + 1], "settings.too_large", "$", "256 KiB"),
        (
            "A05 not UTF-8",
            b"{\"Username\": \"\xff\"}".to_vec(),
            "settings.encoding",
            "$",
            "byte 14",
        ),
        (
            "A07 UTF-16",
            [b"\xff\xfe".as_slice(), &utf16].concat(),
            "settings.encoding",
            "$",
            "UTF-16",
        ),
        ("A07 UTF-16 without mark", utf16, "settings.encoding", "$", "UTF-16"),
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
fn a08_the_template_of_the_readme_is_told_where_its_quote_is_missing() {
    let problems = check(TEMPLATE).unwrap_err();
    let problem = only(&problems);
    assert_eq!(problem.code(), "settings.json");
    assert_eq!(problem.at(), "salesforce.json:1:84");
    assert_eq!(
        problem.to_string(),
        "salesforce.json, line 1, column 84: a quote is missing before the name `InstanceUrl`"
    );
    assert_eq!(
        problem.hint().unwrap(),
        "put a \" before InstanceUrl: the template in the blueprint's README lacks it"
    );

    let record = format!(r#"{{"key": "salesforce_api_settings", "value": {TEMPLATE}}}"#);
    assert!(only(&check(&record).unwrap_err()).to_string().contains("`InstanceUrl`"));
}

#[test]
fn json_that_is_broken() {
    for (name, json, place, words) in [
        (
            "A10 trailing comma",
            "{\"Username\": \"a\",\n}",
            "1:17",
            "comma after the last entry, near `Username`",
        ),
        (
            "A10 trailing comma in a list",
            "{\"tag\": [\"a\",]}",
            "1:13",
            "comma after the last entry",
        ),
        ("A10 line comment", "{\n  // the user\n  \"Username\": \"a\"}", "2:3", "a comment"),
        (
            "A10 block comment",
            "{\"Username\": /* x */ \"a\"}",
            "1:14",
            "a comment, which JSON does not have, near `Username`",
        ),
        ("A10 hash", "{\"Username\": \"a\", # x\n}", "1:19", "a comment"),
        ("A10 single quotes", "{'Username': 'a'}", "1:2", "single quote"),
        (
            "A10 single quote as value",
            "{\"ClientId\": 'a'}",
            "1:14",
            "single quote in place of \", near `ClientId`",
        ),
        ("A10 curly quotes", "{“Username”: “a”}", "1:2", "curly quote"),
        ("A10 curly quote as value", "{\"Username\": “a”}", "1:14", "curly quote"),
        (
            "A11 raw line breaks",
            "{\"PrivateKey\": \"-----BEGIN PRIVATE KEY-----\nMIIE\"}",
            "1:44",
            "raw line break inside the string of `PrivateKey`",
        ),
        (
            "A11 under another name",
            "{\"key\": \"-----BEGIN PRIVATE KEY-----\r\nMIIE\"}",
            "1:37",
            "raw line break",
        ),
        ("A21 nesting", &"[".repeat(100_000), "1:129", "nested"),
        ("missing comma", "{\"Username\": \"a\" \"ClientId\": \"b\"}", "1:18", "comma is missing"),
        ("missing colon", "{\"Username\" \"a\"}", "1:13", "colon is missing after `Username`"),
        (
            "missing closing quote",
            "{\"Username\": \"a,\n\"ClientId\": \"b\"}",
            "1:17",
            "closing quote is missing, near `Username`",
        ),
        (
            "missing closing quote of a name",
            "{\"InstanceUrl: \"https://x\"}",
            "1:17",
            "closing quote is missing, near `InstanceUrl`",
        ),
        (
            "missing closing quote at the end",
            "{\"Username\": \"a}",
            "1:14",
            "closing quote is missing",
        ),
        (
            "missing value quote",
            "{\"Username\": a\"}",
            "1:14",
            "quote is missing before the value of `Username`",
        ),
        (
            "names without quotes",
            "{Username: \"a\"}",
            "1:2",
            "name without quotes, near `Username`",
        ),
        ("cut", "{\"Username\": \"a\",", "1:18", "ends too early, near `Username`"),
        ("backslash", "{\"PrivateKey\": \"C:\\keys\"}", "1:19", "backslash"),
        ("control character", "{\"Username\": \"a\u{1}\"}", "1:16", "control character"),
        ("two records", "{}\n{}", "2:1", "after the end"),
        ("a lone surrogate", "{\"Username\": \"\\ud800\"}", "1:15", "backslash"),
        ("a key", "-----BEGIN PRIVATE KEY-----\nMIIE", "1:1", "this is a private key, not JSON"),
        ("a certificate", "-----BEGIN CERTIFICATE-----\nMIIE", "1:1", "this is a certificate"),
        ("a web page", "<!doctype html>", "1:1", "this is HTML"),
        ("a config.toml", "[profile.acme]\n", "1:1", "this is TOML"),
        ("variables", "export SF_USERNAME=a\n", "1:1", "a list of variables"),
        ("YAML", "Username: a\nClientId: b\n", "1:1", "this is YAML, not JSON"),
        ("YAML, a document", "---\nUsername: a\n", "1:1", "this is YAML"),
        ("INI", "[acme]\nusername=a\n", "1:1", "this is an INI file"),
        ("XML", "<settings><Username>a</Username></settings>", "1:1", "this is XML"),
        ("an auth URL", "force://PlatformCLI::5Aep@acme.my.salesforce.com", "1:1", "an auth URL"),
        ("Markdown", "```json\n{\"Username\": \"a\"}\n```\n", "1:1", "text with JSON in it"),
        ("a program", "const s = {\"Username\": \"a\"};", "1:1", "text with JSON in it"),
        ("a table", "value | {\"Username\": \"a\"} |", "1:1", "text with JSON in it"),
    ] {
        let problems = check(json).unwrap_err();
        let problem = only(&problems);
        assert_eq!(problem.code(), "settings.json", "{name}");
        assert_eq!(problem.at(), format!("salesforce.json:{place}"), "{name}: {problem}");
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        assert!(problem.hint().is_some(), "{name}");
    }
}

#[test]
fn a11_the_hint_says_how_to_write_line_breaks() {
    let json = format!("{{\"PrivateKey\": \"{}\"}}", crate::testing::KEY.as_str());
    let problems = check(&json).unwrap_err();
    assert!(only(&problems).hint().unwrap().contains("write the line breaks of the key as \\n"));
}

#[test]
fn json_that_is_no_record() {
    let bare = record();
    let once = serde_json::to_string(&bare).unwrap();
    let twice = serde_json::to_string(&once).unwrap();
    for (name, json, at, words) in [
        ("A14 encoded twice", format!(r#"{{"value": {twice}}}"#), "/value", "one level"),
        ("A14 encoded three times", serde_json::to_string(&twice).unwrap(), "$", "one level"),
        (
            "A14 not JSON inside",
            r#"{"value": "user@acme.com"}"#.to_owned(),
            "/value",
            "does not hold JSON",
        ),
        (
            "A14 template inside",
            format!(r#"{{"value": {}}}"#, serde_json::to_string(TEMPLATE).unwrap()),
            "/value",
            "before the name `InstanceUrl`, line 1, column 84 of it",
        ),
        (
            "A15 several",
            format!(r#"[{{"key": "a", "value": {bare}}}, {{"key": "b", "value": {bare}}}]"#),
            "$",
            "found 2 records (`a`, `b`)",
        ),
        (
            "A15 Hub's answer with several",
            format!(r#"{{"_a": {bare}, "_b": {bare}}}"#),
            "$",
            "found 2 records (`_a`, `_b`)",
        ),
        ("A15 empty list", "[]".to_owned(), "$", "found 0 records"),
        (
            "A15 list inside an answer",
            format!(r#"{{"total": 1, "items": [{{"key": "a", "value": {bare}}}]}}"#),
            "$",
            "the settings stand deeper, at `/items/0/value`",
        ),
        (
            "a result with its status",
            format!(r#"{{"status": 0, "result": {bare}}}"#),
            "$",
            "the settings stand deeper, at `/result`",
        ),
        (
            "the output of `sf org display --json`",
            r#"{"status": 0, "result": {"username": "user@acme.com", "accessToken": "00D!canary"}}"#
                .to_owned(),
            "$",
            "what a login printed",
        ),
        (
            "the answer of a token endpoint",
            r#"{"access_token": "00D!canary", "token_type": "Bearer"}"#.to_owned(),
            "$",
            "what a login printed",
        ),
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
fn a15_one_of_several_is_taken_by_its_key() {
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
            let layer = read(json.as_bytes(), "salesforce.json", Some(key));
            assert_eq!(layer.record.unwrap().pointer, pointer, "{name}");
        }
        let layer = read(json.as_bytes(), "salesforce.json", Some("c"));
        assert!(layer.problems[0].to_string().contains("`_a`, `_b`"), "{name}");
    }
}

#[test]
fn a16_a_name_that_stands_twice_is_refused() {
    let doubled = format!("{}, \"ClientId\": \"3MVG9other\"}}", record().trim_end_matches('}'));
    let text = serde_json::to_string(&doubled).unwrap();
    for (name, json, at) in [
        ("A16 bare", doubled, "/ClientId"),
        ("A16 in the text form", format!(r#"{{"value": {text}}}"#), "/value/ClientId"),
        ("A16 the value itself", r#"{"value": {}, "value": {}}"#.to_owned(), "/value"),
    ] {
        let problems = check(&json).unwrap_err();
        assert_eq!(only(&problems).code(), "settings.duplicate", "{name}");
        assert_eq!(only(&problems).at(), at, "{name}");
    }
}

#[test]
fn a17_nearly_right_names_are_asked_about() {
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
fn a17_a_misspelt_optional_name_is_not_swallowed() {
    let mut fields = fields();
    fields.push(("loginUrl", "\"https://test.salesforce.com\"".to_owned()));
    let problems = check(&object(&fields)).unwrap_err();
    assert_eq!(only(&problems).code(), "settings.unknown");
    assert_eq!(only(&problems).hint().unwrap(), "did you mean `LoginUrl`?");
}

#[test]
fn a19_wrong_types_are_named_and_their_values_are_not() {
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
            let problems = check(&crate::testing::record_with(field, json)).unwrap_err();
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
fn a20_unknown_names_are_told_but_do_no_harm() {
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
            "record salesforce.json, /Description: unknown name `Description` is left alone",
            "record salesforce.json, /[withheld]: unknown name `[withheld]` is left alone",
            "record salesforce.json, /[withheld]: unknown name `[withheld]` is left alone",
        ]
    );
}
