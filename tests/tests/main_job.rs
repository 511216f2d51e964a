//! The main job through the crates, as a program of somebody else's would do it: settings, endpoint
//! and audience, assertion, TLS, token, a call.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::SystemTime;

use bytes::Bytes;
use conformance::home::USER;
use conformance::secret::{debug, shows};
use conformance::stage::Stage;
use http::{HeaderMap, Method, StatusCode};
use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::{LoggedIn, LoginError};
use orgtoken_fake_org::{FakeOrgBuilder, Scenario, User};
use orgtoken_rest::Org;

#[tokio::test]
async fn from_a_settings_record_to_a_record_of_the_org() {
    let stage = Stage::new().unwrap();
    let version = stage.settings().unwrap().api_version().major();
    let token = obtain(&stage).await.unwrap().into_token();
    assert_eq!(stage.org.logins_of(USER), 1);

    let org = Org::new(stage.transport(), token, version);
    let body = Bytes::from_static(br#"{"Name":"Acme AB"}"#);
    let created = org.request(Method::POST, "sobjects/Account", HeaderMap::new(), body).await;
    assert_eq!(created.unwrap().status(), StatusCode::CREATED);
    assert_eq!(stage.org.logins(), 1);
}

/// The org is on the loopback here, and any program could listen there.
#[tokio::test]
async fn a_host_that_is_not_salesforces_gets_its_own_audience_and_no_other() {
    let accepting =
        |org: FakeOrgBuilder| org.user(User::new(USER)).audience("https://login.salesforce.com");
    let stage = Stage::with(accepting).unwrap();
    let error = obtain(&stage).await.unwrap_err();
    assert_eq!(error.code(), "refused.audience_is_invalid");
    assert_eq!((error.attempts().len(), stage.org.login_history().len()), (1, 1));
}

#[tokio::test]
async fn a_refusal_of_the_user_is_not_repeated() {
    let stage = Stage::new().unwrap();
    stage.org.set_scenario(USER, Scenario::named("not-approved"));
    let error = obtain(&stage).await.unwrap_err();
    assert_eq!(error.code(), "refused.user_not_approved");
    assert!(!error.is_transient());
    assert_eq!(stage.org.login_history().len(), 1);
}

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let stage = Stage::new().unwrap();
    stage.org.set_scenario(USER, Scenario::named("transient-once"));
    obtain(&stage).await.unwrap();
    let bodies: Vec<Vec<u8>> = stage.org.requests().iter().map(|r| r.body().to_vec()).collect();
    assert_eq!(bodies.len(), 2);
    assert_ne!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn d2_what_the_job_passes_from_hand_to_hand() {
    let stage = Stage::new().unwrap();
    let key: String = stage.home.key().lines().filter(|line| !line.contains("---")).collect();
    let settings = stage.settings().unwrap();
    assert!(!shows(&debug(&settings), &key));
    assert!(settings.sources().iter().all(|origin| !shows(origin.shown(), &key)));

    let logged_in = obtain(&stage).await.unwrap();
    let token = logged_in.token().access_token().secret().to_owned();
    assert!(!shows(&debug(&logged_in), &token));
    let org = Org::new(stage.transport(), logged_in.into_token(), 60);
    assert!(!shows(&debug(&org), &token));
    let error = org.request(Method::GET, "/nowhere", HeaderMap::new(), Bytes::new()).await;
    let error = error.unwrap_err();
    assert!(!shows(&format!("{error} {}", debug(&error)), &token));
}

async fn obtain(stage: &Stage) -> Result<LoggedIn, LoginError> {
    let login = stage.login(stage.settings().unwrap()).unwrap();
    login.obtain(&stage.transport(), now).await
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    UnixTime::from_secs(since.as_secs())
}
