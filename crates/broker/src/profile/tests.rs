use crate::testing::{FakeSource, token};

use super::*;

const ANY: Duration = Duration::ZERO;

fn profile(source: &Arc<FakeSource>) -> Arc<Profile> {
    let source = Arc::clone(source) as Arc<dyn TokenSource>;
    let profile = Profile::new("acme", source).api_version("v51.0").username("user@acme.com");
    Arc::new(profile.instance_url("https://acme.my.salesforce.com"))
}

fn text(body: &Bytes) -> &str {
    std::str::from_utf8(body).unwrap()
}

#[tokio::test]
async fn responses_have_the_documented_fields() {
    let source = FakeSource::holding(token("00Dtoken", 600));
    let profile = profile(&source);
    let token = profile.cached_token(ANY).unwrap();
    let [v1, onify] = [false, true].map(|is_onify| profile.body(&token, is_onify));
    assert_eq!(
        text(&v1),
        r#"{"access_token":"00Dtoken","instance_url":"https://other.my.salesforce.com","api_version":"v51.0","username":"user@acme.com","expires_at":"2027-01-15T08:10:00Z"}"#
    );
    // The address of the settings, as in the blueprint.
    assert_eq!(
        text(&onify),
        r#"{"accessToken":"00Dtoken","apiVersion":"v51.0","instanceUrl":"https://acme.my.salesforce.com"}"#
    );
}

#[tokio::test]
async fn token_is_new_once() {
    let source = FakeSource::holding(token("00Dfirst", 600));
    let profile = profile(&source);
    let first = profile.cached_token(ANY).unwrap();
    assert!(profile.remember(&first));
    assert!(!profile.remember(&first));

    source.hold(token("00Dsecond", 600));
    let second = profile.cached_token(ANY).unwrap();
    assert!(profile.remember(&second));
}

#[tokio::test]
async fn valid_token_is_served_while_logins_fail() {
    let source = FakeSource::holding(token("00Dgood", 600));
    let profile = profile(&source);
    source.refuse();
    source.pass(500);
    let five_minutes = Duration::from_secs(300);
    assert!(profile.cached_token(five_minutes).is_none());
    let valid = profile.login(five_minutes).await.unwrap();
    assert_eq!(valid.token().access_token().secret(), "00Dgood");

    source.pass(80);
    assert!(profile.cached_token(ANY).is_none(), "20 s are too few");
    assert_eq!(profile.login(ANY).await.unwrap_err().code, "rate.cap");
}

#[tokio::test]
async fn panic_in_a_login_is_an_error_of_one_request() {
    let source = FakeSource::empty();
    source.panic();
    assert_eq!(profile(&source).login(ANY).await.unwrap_err().code, "internal.panic");
}

#[tokio::test]
async fn token_is_renewed_ahead_only_if_it_was_requested() {
    let source = FakeSource::empty();
    let profile = profile(&source);
    assert!(!profile.renew().await, "no client has asked");
    assert_eq!(source.asked(), 0, "no login without a client");

    source.give(token("00Dfirst", 600));
    assert!(profile.remember(&profile.login(ANY).await.unwrap()));
    profile.cached_token(ANY).unwrap();
    assert!(!profile.renew().await, "it is the same as before");
    source.hold(token("00Dsecond", 600));
    assert!(profile.renew().await);
    source.hold(token("00Dthird", 600));
    assert!(!profile.renew().await, "no client has asked for the second");
    let third = profile.cached_token(ANY).unwrap();
    assert_eq!(third.token().access_token().secret(), "00Dthird");
}

#[test]
fn debug_shows_no_token() {
    let source = FakeSource::holding(token("00Dcanary", 600));
    let profile = profile(&source);
    profile.remember(&profile.cached_token(ANY).unwrap());
    assert_eq!(format!("{profile:?}"), r#"Profile { name: "acme", .. }"#);
}
