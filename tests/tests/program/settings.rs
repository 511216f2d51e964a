//! `settings`: conversion and checks.

use std::fs;
use std::process::Command;

use conformance::program::{self, error, stderr, stdout};
use conformance::test_org::{RECORD, TestOrg};

#[test]
fn record_becomes_a_profile_and_a_key_file() {
    let org = TestOrg::new();
    // Relative to the working folder, and not to that of `config.toml`.
    let key = "acme.key";
    let args = ["settings", "convert", "--to", "profile", "--name", "acme", "--key-out", key];
    let output = org.run(&args);
    org.config(stdout(&output));
    // A path in a file is relative to the folder of that file.
    fs::copy(org.path("ca.pem"), org.path(".config/orgtoken/ca.pem")).unwrap();

    let output = org.bare(&["token"]).output().unwrap();
    assert!(stdout(&output).starts_with("00D"), "{}", stderr(&output));
}

#[test]
fn record_becomes_variables() {
    let org = TestOrg::new();
    let lines = org.run(&["settings", "convert", "--format", "env"]);
    let program = program::path();
    let script = format!("{}exec {program} token", stdout(&lines));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(org.folder.path()).env_clear();
    let output = shell.output().unwrap();
    assert!(stdout(&output).starts_with("00D"), "{}", stderr(&output));
}

/// The rule is in `docs/reference/errors.md`.
#[test]
fn missing_file_has_the_exit_code_of_its_content() {
    let org = TestOrg::new();
    let soql = "SELECT Id FROM Account WHERE Id IN :a";
    for (args, code, exit) in [
        (["api", "sobjects/Account", "--input", "absent"].as_slice(), "usage.file", 2),
        (&["api", "sobjects/Account", "-F", "Name=@absent"], "usage.file", 2),
        (&["record", "create", "Account", "--input", "absent"], "usage.file", 2),
        (&["record", "create", "Account", "--from", "absent"], "usage.file", 2),
        (&["query", soql, "--bind", "a=absent"], "usage.file", 2),
        (&["token", "--settings", "absent"], "settings.read", 3),
        (&["settings", "check", "absent"], "settings.read", 3),
        (&["token", "--jwt-key-file", "absent"], "key.read", 5),
        (&["token", "--key-passphrase-file", "absent"], "key.read", 5),
        (&["key", "inspect", "absent"], "key.read", 5),
        (&["cert", "inspect", "absent"], "key.read", 5),
        (&["cert", "match", "app.key", "absent"], "key.read", 5),
        (&["assertion", "inspect", "absent"], "assertion.read", 5),
        (&["token", "--ca-file", "absent"], "tls.roots", 6),
    ] {
        let mut command = org.bare(&[args, &["--json"]].concat());
        command.env("ORGTOKEN_RECORD", RECORD).env("ORGTOKEN_ALLOW_HOSTS", org.address());
        let error = error(&command.output().unwrap());
        assert_eq!((&error["code"], &error["exit"]), (&code.into(), &exit.into()), "{args:?}");
    }
    assert_eq!(org.logins(), 0);
}

#[test]
fn check_shows_where_each_value_came_from_and_no_secret() {
    let org = TestOrg::new();
    let output = org.run(&["settings", "check"]);
    let said = stdout(&output);
    assert!(said.contains("private_key   [set]"), "{said}");
    assert!(said.contains("record salesforce.json, /value/Username"), "{said}");
    assert!(!said.contains("BEGIN"), "{said}");
    assert!(org.requests().is_empty());
}
