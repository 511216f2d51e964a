//! Logins at the fake org, which verifies signatures and refuses like Salesforce.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use conformance::test_org::{CLIENT_ID, MY_DOMAIN, TestOrg, USER, now};
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{LoggedIn, Login, LoginError};
use orgtoken_fake_org::{AppKind, User};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, LoginUrl, Resolution};

#[tokio::test]
async fn token_from_my_domain_through_a_proxy() {
    let org = TestOrg::new();
    let granted = obtain(&org, None, Some(MY_DOMAIN)).await.unwrap();
    assert_eq!(granted.token.instance_url().as_str(), MY_DOMAIN);
    assert_eq!(granted.resolution.audience().as_str(), MY_DOMAIN);
    assert_eq!((org.logins(), granted.failed.len()), (1, 0));
}

#[tokio::test]
async fn org_with_the_classic_audience_takes_a_second_attempt() {
    let org = TestOrg::with(User::new(USER), |org| org.audience("https://login.salesforce.com"));
    let granted = obtain(&org, None, Some(MY_DOMAIN)).await.unwrap();
    assert_eq!(granted.resolution.audience().as_str(), "https://login.salesforce.com");
    assert_eq!(granted.failed[0].error().code(), "refused.audience_is_invalid");
    assert_eq!(org.login_history().len(), 2);
}

#[tokio::test]
async fn error_has_both_attempts_if_both_audiences_are_refused() {
    let org = TestOrg::new();
    org.play("bad-audience");
    let error = obtain(&org, None, Some(MY_DOMAIN)).await.unwrap_err();
    assert_eq!((org.login_history().len(), error.attempts().len()), (2, 2));
    assert_eq!(
        error.to_string(),
        format!(
            "no token from `{MY_DOMAIN}` for audience `{MY_DOMAIN}` (Salesforce refused the \
             login: invalid_grant: audience is invalid), nor from `{MY_DOMAIN}` for audience \
             `https://login.salesforce.com`"
        )
    );
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "Salesforce refused the login: invalid_grant: audience is invalid");
}

#[tokio::test]
async fn external_client_app_is_found_at_my_domain() {
    let org = TestOrg::with(User::new(USER), |org| org.app_kind(AppKind::ExternalClientApp));
    let granted =
        obtain(&org, Some("https://login.salesforce.com"), Some(MY_DOMAIN)).await.unwrap();
    assert_eq!(granted.resolution.endpoint().origin(), MY_DOMAIN);
    assert_eq!(granted.failed[0].error().refusal().unwrap().code(), "app_not_found");
}

async fn obtain(
    org: &TestOrg,
    login_url: Option<&str>,
    instance_url: Option<&str>,
) -> Result<LoggedIn, LoginError> {
    let none = AllowedHosts::none();
    let login_url = login_url.map(|url| LoginUrl::parse(url, &none).unwrap());
    let instance_url = instance_url.map(|url| InstanceUrl::parse(url, &none).unwrap());
    let resolution = Resolution::resolve(login_url.as_ref(), instance_url.as_ref(), None).unwrap();
    let login = Login::new(CLIENT_ID, USER, org.signer(), resolution);
    let transport = org.through_proxy().build();
    login.obtain(&transport, now).await
}
