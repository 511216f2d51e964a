//! `token`: sources of settings and output formats.

use std::process::Command;

use conformance::program::{error, run_with_input, stderr, stdout};
use conformance::test_org::{CLIENT_ID, KEY, TestOrg, USER};
use orgtoken_fake_org::{Role, User};
use serde_json::Value;

#[test]
fn raw_is_the_token_and_a_line_break() {
    let org = TestOrg::new();
    let output = org.run(&["token"]);
    let token = stdout(&output).strip_suffix('\n').unwrap();
    assert!(token.starts_with("00D") && !token.contains(char::is_whitespace));
    assert_eq!(stderr(&output), "");
    assert_eq!(org.logins(), 1);
}

#[test]
fn json_has_the_promised_fields() {
    let org = TestOrg::new();
    for args in [
        ["token", "--json"].as_slice(),
        &["token", "--format", "json"],
        &["token", "--output", "json"],
    ] {
        let output = org.run(args);
        let document: Value = serde_json::from_str(stdout(&output)).unwrap();
        let names: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 5, "{names:?}");
        assert_eq!(document["instance_url"], org.url());
        assert_eq!(document["api_version"], "v60.0");
        assert_eq!(document["username"], USER);
        assert!(document["expires_at"].as_str().unwrap().ends_with('Z'));
        assert!(document["access_token"].as_str().unwrap().starts_with("00D"));
    }
}

#[test]
fn onify_format_is_the_response_of_the_blueprint() {
    let org = TestOrg::new();
    let output = org.run(&["token", "--format", "onify"]);
    let mut document: Value = serde_json::from_str(stdout(&output)).unwrap();
    let token = document["accessToken"].take();
    assert!(token.as_str().unwrap().starts_with("00D"));
    let url = org.url();
    let rest = serde_json::json!({"accessToken": null, "apiVersion": "v60.0", "instanceUrl": url});
    assert_eq!(document, rest);
}

#[test]
fn env_format_is_read_by_a_shell() {
    let org = TestOrg::new();
    let lines = org.run(&["token", "--format", "env"]);
    let script = format!("{}printenv SF_ACCESS_TOKEN SF_INSTANCE_URL", stdout(&lines));
    let shell = Command::new("sh").args(["-c", &script]).output().unwrap();
    let (token, url) = stdout(&shell).split_once('\n').unwrap();
    assert!(token.starts_with("00D"));
    assert_eq!(url.trim_end(), org.url());
}

#[test]
fn record_can_come_from_standard_input() {
    let org = TestOrg::new();
    let mut command = org.bare(&["token", "--settings", "-"]);
    let output = run_with_input(command.args(org.way()), &org.record().to_string());
    assert!(stdout(&output).starts_with("00D"));
}

#[test]
fn flags_alone_are_enough() {
    let org = TestOrg::new();
    let url = org.url();
    let args = ["token", "-o", USER, "-i", CLIENT_ID, "-f", "app.key", "-r", url];
    let output = org.bare(&args).args(org.way()).output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
}

#[test]
fn environment_alone_is_enough() {
    let org = TestOrg::new();
    let output = org
        .bare(&["token"])
        .env("ORGTOKEN_USERNAME", USER)
        .env("SF_CLIENT_ID", CLIENT_ID)
        .env("SF_JWT_PRIVATE_KEY", KEY.secret().replace('\n', "\\n"))
        .env("ORGTOKEN_INSTANCE_URL", org.url())
        .env("ORGTOKEN_ALLOW_HOSTS", org.address())
        .env("SSL_CERT_FILE", "ca.pem")
        .output()
        .unwrap();
    assert!(stdout(&output).starts_with("00D"));
}

#[test]
fn profile_is_found_in_the_config_folder() {
    let org = TestOrg::new();
    org.config(&format!(
        "[profile.acme]\nusername = \"{USER}\"\nclient_id = \"{CLIENT_ID}\"\n\
         private_key_file = \"~/app.key\"\ninstance_url = \"{}\"\n\
         allow_hosts = [\"{}\"]\nca_file = \"../../ca.pem\"\n",
        org.url(),
        org.address(),
    ));
    let output = org.bare(&["token", "--profile", "acme"]).output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
}

#[test]
fn other_host_gets_no_assertion_for_salesforce_by_default() {
    let org = TestOrg::with(User::new(USER), |org| {
        org.role(Role::MyDomain).audience("https://login.salesforce.com")
    });
    let refused = org.run(&["token", "--json"]);
    assert_eq!(error(&refused)["code"], "refused.audience_is_invalid");
    assert_eq!(org.login_history().len(), 1);
    let set = ["token", "--retry", "--audience", "https://login.salesforce.com"];
    assert!(stdout(&org.run(&set)).starts_with("00D"), "what the user sets is sent as it is set");
}
