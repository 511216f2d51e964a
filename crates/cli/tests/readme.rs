//! The README does what it says: its transcript runs against an org that answers, through a proxy,
//! for `acme.my.salesforce.com`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orgtoken_fake_org::{AppKey, FakeOrg, Scenario, User};

#[test]
fn readme() {
    let key = AppKey::generate();
    let org = FakeOrg::builder()
        .certificate(key.certificate_pem())
        .client_id("3MVG9readme")
        .user(User::new("robot@acme.com"))
        .user(User::new("nobody@acme.com").scenario(Scenario::named("not-approved").unwrap()))
        .tls(true)
        .start()
        .unwrap();
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_string_lossy().into_owned()
    };
    trycmd::TestCases::new()
        .env("HOME", home.path().to_string_lossy())
        .env("HTTPS_PROXY", org.proxy_url())
        .env("ORGTOKEN_CA_FILE", file("ca.pem", org.ca_pem().unwrap()))
        .env("ORGTOKEN_CLIENT_ID", "3MVG9readme")
        .env("ORGTOKEN_INSTANCE_URL", "https://acme.my.salesforce.com")
        .env("ORGTOKEN_PRIVATE_KEY_FILE", file("acme.key", key.secret()))
        .env("ORGTOKEN_USERNAME", "robot@acme.com")
        .case("../../README.md")
        .run();
    assert!(org.logins() > 0, "the transcript logs in");
}
