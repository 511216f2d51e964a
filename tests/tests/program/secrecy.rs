//! Secrets that other users and processes must not see.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use conformance::program::{error, stderr, stdout};
use conformance::test_org::TestOrg;

#[test]
fn record_with_a_key_that_others_can_read_is_refused() {
    let org = TestOrg::new();
    let record = org.path("salesforce.json");
    for mode in [0o644, 0o640, 0o666] {
        fs::set_permissions(&record, fs::Permissions::from_mode(mode)).unwrap();
        let output = org.run(&["token"]);
        assert_eq!(output.status.code(), Some(5));
        let said = format!(
            "error: private key in record `salesforce.json` is open to other users (mode {mode:04o})\n\
             hint: run: chmod 600 salesforce.json, or pass it as `--settings - < salesforce.json`\n"
        );
        assert_eq!(stderr(&output), said);
    }
    assert!(org.requests().is_empty());

    let mut piped = org.bare(&["token", "--settings", "-"]);
    let output = piped.args(org.way()).stdin(fs::File::open(&record).unwrap()).output().unwrap();
    assert!(stdout(&output).starts_with("00D"), "the hint works");
}

#[test]
fn record_with_a_key_of_another_user_is_refused() {
    let org = TestOrg::new();
    let record = org.path("salesforce.json");
    if std::os::unix::fs::chown(&record, Some(65_534), None).is_err() {
        // Only root can give a file away.
        return;
    }
    let said = error(&org.run(&["token", "--json"]));
    assert_eq!(said["code"], "key.permissions");
    assert!(said["hint"].as_str().unwrap().contains("--settings - < salesforce.json"), "{said}");
}

#[test]
fn record_without_a_key_may_be_open_to_others() {
    let org = TestOrg::new();
    let mut record = org.record();
    record["value"].as_object_mut().unwrap().remove("PrivateKey");
    let file = org.path("salesforce.json");
    fs::write(&file, record.to_string()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let output = org.run(&["token", "-f", "app.key"]);
    assert!(stdout(&output).starts_with("00D"));
}

#[test]
fn config_that_others_may_write_runs_no_signer_command() {
    let org = TestOrg::new();
    org.config(
        "[profile.acme]\nusername = \"user@acme.com\"\nclient_id = \"3MVG9_test\"\n\
         signer_command = \"touch ../ran\"\npublic_key_file = \"../../app.key\"\n",
    );
    let folder = org.path(".config/orgtoken");
    for (path, mode) in [(folder.join("config.toml"), 0o666), (folder.clone(), 0o777)] {
        let before = path.metadata().unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for args in [["token", "--json"], ["doctor", "--json"], ["serve", "--json"]] {
            let output = org.bare(&args).output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{args:?}");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(said.contains("settings.permissions"), "{args:?}: {said}");
        }
        fs::set_permissions(&path, before).unwrap();
    }
    assert!(!org.path("ran").exists());
}

#[test]
fn key_that_others_can_read_is_not_used() {
    let org = TestOrg::new();
    let key = org.path("app.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let output = org.run(&["token", "-f", "app.key"]);
    assert_eq!(output.status.code(), Some(5));
    let said = "error: private key `app.key` is open to other users (mode 0644)\n\
                hint: run: chmod 600 app.key\n";
    assert_eq!(stderr(&output), said);
    assert!(org.requests().is_empty());
}
