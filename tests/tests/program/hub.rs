//! Settings records in Onify Hub.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

use conformance::program::{error, stderr, stdout};
use conformance::raw::{Answer, Raw, response};
use conformance::test_org::TestOrg;
use serde_json::{Value, json};

/// A Hub that gives every request the same response, and records the requests.
pub(crate) struct Hub {
    pub(crate) url: String,
    pub(crate) asked: Receiver<(String, String)>,
}

impl Hub {
    pub(crate) fn answering(status: &str, body: &Value) -> Self {
        Self::answering_first(usize::MAX, status, body)
    }

    /// Returns a Hub that answers this number of requests, and lets all others wait.
    pub(crate) fn answering_first(asks: usize, status: &str, body: &Value) -> Self {
        let (requests, asked) = channel();
        let headers = "Content-Type: application/json\r\nLocation: https://elsewhere.example/\r\n";
        let answer = Answer::from(response(status, headers, &body.to_string()));
        let number = AtomicUsize::new(0);
        let server = Raw::new(move |request| {
            let mut lines = request.lines();
            let line = lines.next().unwrap_or_default().to_owned();
            let token = lines.find_map(|line| line.strip_prefix("authorization: "));
            let _ = requests.send((line, token.unwrap_or_default().to_owned()));
            let is_answered = number.fetch_add(1, Ordering::SeqCst) < asks;
            if is_answered { answer.clone() } else { Answer::Silence }
        });
        Self { url: format!("http://{}", server.host()), asked }
    }
}

#[test]
fn hub_record_gives_a_token_and_is_not_stored() {
    let org = TestOrg::new();
    let hub = Hub::answering("200 OK", &org.record());
    let settings = format!("hub:{}", hub.url);
    let mut command = org.bare(&["token", "--settings", &settings]);
    let output = command.args(org.way()).env("ORGTOKEN_HUB_TOKEN", "hub-t0ken").output().unwrap();
    assert!(stdout(&output).starts_with("00D"), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let (asked, token) = hub.asked.recv().unwrap();
    assert_eq!(asked, "GET /api/v2/my/config/settings/_salesforce_api_settings HTTP/1.1");
    assert_eq!(token, "Bearer hub-t0ken");
    let files: Vec<_> =
        fs::read_dir(org.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 4, "record, key, CA and cache, and nothing new: {files:?}");
}

#[test]
fn profile_can_name_a_hub_record_with_another_key() {
    let org = TestOrg::new();
    let mut record = org.record();
    record["key"] = json!("_other");
    let hub = Hub::answering("200 OK", &record);
    org.config(&format!("[profile.acme]\nrecord = \"hub:{}/api/v2/\"\n", hub.url));
    org.private_file("hub.token", "Bearer from-file\n");
    for key in ["other", "_other"] {
        let mut command = org.bare(&["token", "--no-cache"]);
        command.args(org.way()).env("ORGTOKEN_SETTINGS_KEY", key);
        let output = command.env("ORGTOKEN_HUB_TOKEN_FILE", "hub.token").output().unwrap();
        assert!(stdout(&output).starts_with("00D"), "{}", stderr(&output));
        let (asked, token) = hub.asked.recv().unwrap();
        assert_eq!(asked, "GET /api/v2/my/config/settings/_other HTTP/1.1");
        assert_eq!(token, "Bearer from-file");
    }
}

#[test]
fn pull_prints_the_record_or_writes_the_named_file() {
    let org = TestOrg::new();
    let hub = Hub::answering("200 OK", &org.record());
    org.private_file("hub.token", "t0ken");
    let pull = ["settings", "pull", "--hub", &hub.url, "--hub-token-file", "hub.token"];
    let printed = org.bare(&pull).output().unwrap();
    let record: Value = serde_json::from_str(stdout(&printed)).unwrap();
    assert_eq!(record, org.record());

    let output = org.bare(&pull).args(["--out", "pulled.json"]).output().unwrap();
    assert_eq!(stdout(&output), "");
    let file = org.path("pulled.json");
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    let mut command = org.bare(&["token", "--settings", "pulled.json"]);
    assert!(stdout(&command.args(org.way()).output().unwrap()).starts_with("00D"));
}

#[test]
fn hub_errors_have_their_code_and_show_no_secret() {
    let org = TestOrg::new();
    for (status, code) in [
        ("401 Unauthorized", "settings.hub_token"),
        ("403 Forbidden", "settings.hub_token"),
        ("404 Not Found", "settings.hub_record"),
        ("302 Found", "settings.hub_status"),
        ("500 Internal Server Error", "settings.hub_status"),
    ] {
        let hub = Hub::answering(status, &json!({"message": "s3cr3t"}));
        let mut command = org.bare(&["settings", "pull", "--json", "--hub", &hub.url]);
        let output = command.env("ORGTOKEN_HUB_TOKEN", "hub-t0ken").output().unwrap();
        let error = error(&output);
        assert_eq!((&error["code"], &error["exit"]), (&code.into(), &3.into()), "{status}");
        assert!(error["hint"].is_string(), "{status}");
        let said = stderr(&output);
        assert!(!said.contains("s3cr3t") && !said.contains("hub-t0ken"), "{said}");
    }
    let mut without_token =
        org.bare(&["settings", "pull", "--json", "--hub", "http://127.0.0.1:1"]);
    assert_eq!(error(&without_token.output().unwrap())["code"], "settings.hub_token");
}

#[test]
fn hub_hints_do_not_name_doctor() {
    let org = TestOrg::new();
    for args in [
        ["settings", "pull", "--hub", "http://127.0.0.1:1"],
        ["token", "--no-cache", "--settings", "hub:http://127.0.0.1:1"],
    ] {
        let output = org.bare(&args).env("ORGTOKEN_HUB_TOKEN", "hub-t0ken").output().unwrap();
        let said = stderr(&output);
        assert!(said.contains("more: orgtoken explain net.connect\n"), "{args:?}: {said}");
        assert!(!said.contains("doctor"), "{args:?}: {said}");
    }
}

#[test]
fn password_in_the_hub_url_is_neither_used_nor_shown() {
    let org = TestOrg::new();
    for args in [
        ["settings", "pull", "--json", "--hub", "https://robot:canary@127.0.0.1:1"],
        ["token", "--json", "--no-cache", "-s", "hub:https://canary@127.0.0.1:1/api/v2"],
    ] {
        let output = org.bare(&args).env("ORGTOKEN_HUB_TOKEN", "hub-t0ken").output().unwrap();
        assert_eq!(error(&output)["code"], "settings.hub_address", "{args:?}");
        assert!(!stderr(&output).contains("canary"), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn hub_record_is_not_read_over_plain_http() {
    let org = TestOrg::new();
    let mut command = org.bare(&["settings", "pull", "--json", "--hub", "http://hub.acme.com"]);
    let output = command.env("ORGTOKEN_HUB_TOKEN", "hub-t0ken").output().unwrap();
    assert_eq!(error(&output)["exit"], 6, "{}", stderr(&output));
}

#[test]
fn hub_key_with_a_slash_or_blank_is_refused_before_a_request() {
    let org = TestOrg::new();
    let mut command = org.bare(&["token", "--json", "--settings", "hub:http://127.0.0.1:1"]);
    command.args(["--settings-key", "a/b c"]).env("ORGTOKEN_HUB_TOKEN", "hub-t0ken");
    let error = error(&command.output().unwrap());
    assert_eq!(error["code"], "settings.hub_record", "{error}");
}
