//! Keys and certificates as files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use conformance::program::{self, error, stderr, stdout};
use conformance::test_org::{CLIENT_ID, KEY, TestOrg, USER};
use orgtoken_fake_org::AppKey;
use serde_json::Value;

#[test]
fn new_key_and_certificate_match() {
    let org = TestOrg::new();
    let made = org.bare(&["key", "generate", "new", "--json"]).output().unwrap();
    let made: Value = serde_json::from_str(stdout(&made)).unwrap();
    assert_eq!((made["bits"].as_u64(), &made["private_key_file"]), (Some(2048), &"new.key".into()));

    let matched = org.bare(&["cert", "match", "new.key", "new.crt"]).output().unwrap();
    assert_eq!(stdout(&matched), "key and certificate match\n");

    let seen = org.bare(&["key", "inspect", "new.key", "--json"]).output().unwrap();
    let seen: Value = serde_json::from_str(stdout(&seen)).unwrap();
    assert_eq!(seen["public_key_sha256"], made["public_key_sha256"]);
    assert_eq!(
        (seen["private"].as_bool(), seen["form"].as_str()),
        (Some(true), Some("PKCS#8 PEM"))
    );
}

#[test]
fn mismatched_key_and_certificate_are_reported() {
    let org = TestOrg::new();
    org.private_file("other.crt", AppKey::generate().certificate_pem());
    let args = ["cert", "match", "app.key", "other.crt", "--json"];
    let error = error(&org.bare(&args).output().unwrap());
    assert_eq!((error["exit"].as_u64(), error["code"].as_str()), (Some(5), Some("key.mismatch")));
}

#[test]
fn assertion_is_verified_with_the_certificate() {
    let org = TestOrg::new();
    org.private_file("app.crt", KEY.certificate_pem());
    org.private_file("other.crt", AppKey::generate().certificate_pem());
    let args = ["assertion", "create", "-s", "salesforce.json", "--allow-host", org.address()];
    let assertion = org.bare(&args).output().unwrap();
    org.private_file("assertion.jwt", stdout(&assertion));

    let verify =
        |cert| org.bare(&["assertion", "verify", "assertion.jwt", "--cert", cert]).output();
    assert_eq!(stdout(&verify("app.crt").unwrap()), "signature verified\n");
    let refused = verify("other.crt").unwrap();
    assert_eq!(refused.status.code(), Some(5));
    assert!(
        stderr(&refused).starts_with("error: signature of the assertion does not match the key\n")
    );
}

#[test]
fn key_is_read_from_a_pipe() {
    let org = TestOrg::new();
    let program = program::path();
    let url = org.url();
    let script = format!(
        "mkfifo pipe && (cat app.key > pipe &) && exec {program} assertion create \
         -f pipe -i {CLIENT_ID} -o {USER} -r {url} --allow-host {}",
        org.address()
    );
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &script]).current_dir(org.folder.path()).output().unwrap();
    assert!(stdout(&output).starts_with("eyJ"));
}

#[test]
fn key_in_an_agent_needs_an_agent() {
    let org = TestOrg::new();
    org.config(&format!(
        "[profile.acme]\nusername = \"{USER}\"\nclient_id = \"{CLIENT_ID}\"\n\
         instance_url = \"https://acme.my.salesforce.com\"\nssh_agent = \"work\"\n"
    ));
    let error = error(&org.bare(&["assertion", "create", "--json"]).output().unwrap());
    assert_eq!((error["exit"].as_u64(), error["code"].as_str()), (Some(5), Some("sign.agent")));
}

#[test]
fn record_that_is_not_text_is_refused() {
    let org = TestOrg::new();
    fs::write(org.path("salesforce.json"), b"{\"Username\": \"\xff\"}").unwrap();
    let error = error(&org.run(&["token", "--json"]));
    assert_eq!(error["code"], "settings.encoding");
    assert!(error["message"].as_str().unwrap().contains("14"), "{error}");
}

#[test]
fn file_that_is_not_a_key_is_reported_before_its_mode() {
    let org = TestOrg::new();
    let file = org.path("notes.txt");
    fs::write(&file, "hello\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    for args in [["token", "--jwt-key-file", "notes.txt"], ["doctor", "-f", "notes.txt"]] {
        let output = org.run(&args);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("not a private key"), "{args:?}: {said}");
        assert!(!said.contains("chmod"), "{args:?}: {said}");
    }
}
