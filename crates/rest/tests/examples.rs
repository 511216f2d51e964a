//! Runs the example.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue has failed")]

use std::path::PathBuf;
use std::process::Command;

use orgtoken_fake_org::{AppKey, FakeOrg, User};

#[test]
fn list_and_create() {
    let key = AppKey::generate();
    let org = FakeOrg::builder().tls(true).certificate(key.certificate_pem());
    let org = org.client_id("3MVG9").user(User::new("robot@acme.com")).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key_file, ca_file) = (folder.path().join("robot.key"), folder.path().join("ca.pem"));
    std::fs::write(&key_file, key.secret()).unwrap();
    std::fs::write(&ca_file, org.ca_pem().unwrap()).unwrap();

    let output = Command::new(built("list_and_create"))
        .env("ORGTOKEN_ALLOW_HOSTS", org.address())
        .env("ORGTOKEN_INSTANCE_URL", org.url())
        .env("ORGTOKEN_CLIENT_ID", "3MVG9")
        .env("ORGTOKEN_USERNAME", "robot@acme.com")
        .env("ORGTOKEN_PRIVATE_KEY_FILE", key_file)
        .env("ORGTOKEN_CA_FILE", ca_file)
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.starts_with("created 001") && shown.contains("\nAcme AB\n"), "{shown}");
}

/// Returns the path of an example. `cargo test` builds examples, except with options such as
/// `--test`.
fn built(example: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps.parent().unwrap().parent().unwrap().join("examples").join(example);
    if !path.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "orgtoken-rest", "--example", example]);
        assert!(cargo.status().unwrap().success());
    }
    path
}
