//! The transcript in README.md runs against an org, which is reached through a proxy at
//! `acme.my.salesforce.com`.

use std::path::Path;

use conformance::program;
use conformance::test_org::{CLIENT_ID, MY_DOMAIN, TestOrg, USER};
use orgtoken_fake_org::{Scenario, User};

#[test]
fn transcript_of_the_readme_is_correct() {
    let refused = User::new("nobody@acme.com").scenario(Scenario::named("not-approved").unwrap());
    let org = TestOrg::with(User::new(USER), |org| org.user(refused));
    let file = |name: &str| org.path(name).to_str().unwrap().to_owned();
    trycmd::TestCases::new()
        .register_bin("orgtoken", Path::new(program::path()))
        .env("HOME", file(""))
        .env("HTTPS_PROXY", org.proxy_url())
        .env("ORGTOKEN_CA_FILE", file("ca.pem"))
        .env("ORGTOKEN_CLIENT_ID", CLIENT_ID)
        .env("ORGTOKEN_INSTANCE_URL", MY_DOMAIN)
        .env("ORGTOKEN_PRIVATE_KEY_FILE", file("app.key"))
        .env("ORGTOKEN_USERNAME", USER)
        .case("../README.md")
        .run();
    assert!(org.logins() > 0, "the transcript logs in");
}
