//! A token in the environment: `SF_ACCESS_TOKEN` with the URL of its org.

use std::process::Command;

use conformance::program::{self, error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg};

const QUERY: [&str; 2] = ["query", "SELECT COUNT() FROM Account"];

/// Returns the program with a token and its org, and without settings of a login.
fn with_token(org: &TestOrg, token: &str, args: &[&str]) -> Command {
    let mut command = org.bare(args);
    command.args(org.way()).env("SF_ACCESS_TOKEN", token);
    command.env("SF_INSTANCE_URL", org.url());
    command
}

fn token(org: &TestOrg) -> String {
    stdout(&org.run(&["token"])).trim_end().to_owned()
}

/// A default profile that must not be used.
fn with_production(org: &TestOrg) {
    org.config(
        "[profile.production]\nusername = \"production@acme.com\"\nclient_id = \"3MVG9_test\"\n\
         private_key_file = \"../../app.key\"\ninstance_url = \"https://acme.my.salesforce.com\"\n",
    );
}

#[test]
fn existing_token_is_used_by_query_api_record_and_whoami() {
    let org = TestOrg::new();
    let token = token(&org);
    with_production(&org);
    for args in [
        QUERY.as_slice(),
        &["api", "limits", "--silent"],
        &["record", "create", "Account", "Name=Acme"],
        &["whoami"],
    ] {
        stdout(&with_token(&org, &token, args).output().unwrap());
    }
    assert_eq!(org.logins(), 1, "no further login");

    let mut other = org.bare(&QUERY);
    let other = other.args(org.way()).env("SF_ACCESS_TOKEN", &token);
    stdout(&other.env("SF_ORG_INSTANCE_URL", org.url()).output().unwrap());
}

#[test]
fn existing_token_is_named_as_the_source_with_v() {
    let org = TestOrg::new();
    let token = token(&org);
    let args = [&QUERY[..], &["-v"]].concat();
    let output = with_token(&org, &token, &args).output().unwrap();
    let said = format!("token from SF_ACCESS_TOKEN, for {} from SF_INSTANCE_URL", org.url());
    assert!(stderr(&output).contains(&said), "{}", stderr(&output));
    assert!(!stderr(&output).contains(&token));
}

#[test]
fn expired_existing_token_is_an_error_without_a_login() {
    let org = TestOrg::new();
    let token = token(&org);
    org.expire_all();
    for args in [&QUERY[..], &["whoami"]] {
        let mut command = with_token(&org, &token, args);
        let error = error(&command.arg("--json").output().unwrap());
        assert_eq!(error["exit"], 9, "{error}");
        assert!(!error.to_string().contains(&token));
    }
    assert_eq!(org.logins(), 1);
}

#[test]
fn exec_command_reaches_the_org_of_exec_and_never_the_default_profile() {
    let org = TestOrg::new();
    let sandbox = format!(
        "default_profile = \"production\"\n\
         [profile.production]\nusername = \"production@acme.com\"\nclient_id = \"3MVG9_test\"\n\
         private_key_file = \"../../app.key\"\ninstance_url = \"https://acme.my.salesforce.com\"\n\
         [profile.sandbox]\nusername = \"user@acme.com\"\nclient_id = \"3MVG9_test\"\n\
         private_key_file = \"../../app.key\"\ninstance_url = \"{}\"\n\
         allow_hosts = [\"{}\"]\nca_file = \"../../ca.pem\"\n",
        org.url(),
        org.address(),
    );
    org.config(&sandbox);
    let orgtoken = program::path();
    let mut exec = org.bare(&["exec", "-P", "sandbox", "--", orgtoken]);
    exec.args(["query", "-v", "SELECT COUNT() FROM Account"]);
    // Both would choose another login in the command.
    exec.env("ORGTOKEN_PROFILE", "production").env("ORGTOKEN_USERNAME", "user@acme.com");
    let output = exec.output().unwrap();
    assert_eq!(stdout(&output), "COUNT()\r\n2\r\n");
    assert!(stderr(&output).contains("token from SF_ACCESS_TOKEN"), "{}", stderr(&output));
}

#[test]
fn exec_with_the_key_in_the_environment_gives_a_query_its_token() {
    let org = TestOrg::new();
    let mut exec = org.bare(&["exec"]);
    exec.args(org.way()).args(["--", program::path()]).args(QUERY);
    exec.env("ORGTOKEN_USERNAME", "user@acme.com").env("ORGTOKEN_CLIENT_ID", "3MVG9_test");
    exec.env("ORGTOKEN_PRIVATE_KEY", KEY.secret());
    exec.env("ORGTOKEN_INSTANCE_URL", org.url());
    assert_eq!(stdout(&exec.output().unwrap()), "COUNT()\r\n2\r\n");
}

#[test]
fn flags_and_variables_of_ours_take_precedence_over_an_existing_token() {
    let org = TestOrg::new();
    for (name, set) in
        [("a record", ("ORGTOKEN_SETTINGS", "salesforce.json")), ("a flag", ("UNUSED", ""))]
    {
        let mut command = with_token(&org, "not-good-for-anything", &QUERY);
        command.env(set.0, set.1);
        if name == "a flag" {
            command.args(["--settings", "salesforce.json"]);
        }
        assert_eq!(stdout(&command.output().unwrap()), "COUNT()\r\n2\r\n", "{name}");
    }
}

#[test]
fn existing_token_goes_to_no_host_that_is_not_allowed() {
    let org = TestOrg::new();
    for url in ["https://evil.example", "http://acme.my.salesforce.com", "https://127.0.0.1:1"] {
        let mut command = program::orgtoken(org.folder.path());
        command.args(QUERY).arg("--json").env("SF_ACCESS_TOKEN", "canary-of-the-token");
        let error = error(&command.env("SF_INSTANCE_URL", url).output().unwrap());
        assert_eq!(error["exit"], 3, "{url}: {error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert!(org.requests().is_empty());
}

#[test]
fn existing_token_that_is_incomplete_is_refused_and_no_profile_is_used_instead() {
    let org = TestOrg::new();
    with_production(&org);
    let url = "https://acme--dev.sandbox.my.salesforce.com";
    for (name, variables, code) in [
        ("no URL", vec![("SF_ACCESS_TOKEN", "canary")], "settings.access_token"),
        (
            "two URLs",
            vec![
                ("SF_ACCESS_TOKEN", "canary"),
                ("SF_INSTANCE_URL", url),
                ("SF_ORG_INSTANCE_URL", "https://acme.my.salesforce.com"),
            ],
            "settings.conflict",
        ),
        (
            "no token",
            vec![("SF_ACCESS_TOKEN", "a canary"), ("SF_INSTANCE_URL", url)],
            "settings.access_token",
        ),
    ] {
        let mut command = program::orgtoken(org.folder.path());
        let output = command.args(QUERY).arg("--json").envs(variables).output().unwrap();
        let error = error(&output);
        assert_eq!((&error["code"], &error["exit"]), (&code.into(), &3.into()), "{name}: {error}");
        assert!(!error.to_string().contains("canary"), "{name}: {error}");
    }
}
