//! The main job through the crates: settings, endpoint and audience, assertion, TLS, token, a call.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use bytes::Bytes;
use conformance::secret::{debug, pem_body, shows};
use conformance::test_org::{TestOrg, USER, now};
use http::{HeaderMap, Method, StatusCode};
use orgtoken_assertion::{Diagnostic, RingSigner};
use orgtoken_client::{LoggedIn, Login, LoginError};
use orgtoken_fake_org::{FakeOrgBuilder, Scenario, User};
use orgtoken_rest::Org;
use orgtoken_settings::{KeySource, Layer, Loader, Setting, Settings};

#[tokio::test]
async fn settings_record_leads_to_a_record_in_the_org() {
    let org = TestOrg::new();
    let version = settings(&org).api_version().major();
    let token = obtain(&org).await.unwrap().token;
    assert_eq!(org.logins_of(USER), 1);

    let api = Org::new(org.transport(), token, version);
    let body = Bytes::from_static(br#"{"Name":"Acme AB"}"#);
    let created = api.request(Method::POST, "sobjects/Account", HeaderMap::new(), body).await;
    assert_eq!(created.unwrap().status(), StatusCode::CREATED);
    assert_eq!(org.logins(), 1);
}

/// The org is on the loopback, where any program could listen.
#[tokio::test]
async fn allowed_host_gets_only_its_own_audience() {
    let accepting = |org: FakeOrgBuilder| org.audience("https://login.salesforce.com");
    let org = TestOrg::with(User::new(USER), accepting);
    let error = obtain(&org).await.unwrap_err();
    assert_eq!(error.code(), "refused.audience_is_invalid");
    assert_eq!((error.attempts().len(), org.login_history().len()), (1, 1));
}

#[tokio::test]
async fn each_attempt_has_its_own_assertion() {
    let org = TestOrg::new();
    org.set_scenario(USER, Scenario::named("transient-once"));
    obtain(&org).await.unwrap();
    let bodies: Vec<Vec<u8>> = org.requests().iter().map(|r| r.body().to_vec()).collect();
    assert_eq!(bodies.len(), 2);
    assert_ne!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn no_value_of_the_main_job_shows_a_secret() {
    let org = TestOrg::new();
    let key = pem_body(org.private_key());
    let settings = settings(&org);
    assert!(!shows(&debug(&settings), &key));
    assert!(settings.values().iter().all(|origin| !shows(&origin.shown, &key)));

    let logged_in = obtain(&org).await.unwrap();
    let token = logged_in.token.access_token().secret().to_owned();
    assert!(!shows(&debug(&logged_in), &token));
    let api = Org::new(org.transport(), logged_in.token, 60);
    assert!(!shows(&debug(&api), &token));
    let error = api.request(Method::GET, "/nowhere", HeaderMap::new(), Bytes::new()).await;
    let error = error.unwrap_err();
    assert!(!shows(&format!("{error} {}", debug(&error)), &token));
}

async fn obtain(org: &TestOrg) -> Result<LoggedIn, LoginError> {
    login(settings(org)).obtain(&org.transport(), now).await
}

fn settings(org: &TestOrg) -> Settings {
    let mut flags = Layer::flags();
    flags.set_list(Setting::AllowHosts, "--allow-host", vec![org.address().to_owned()]);
    let record = Layer::from_record(org.record().to_string().as_bytes(), "salesforce.json", None);
    Loader::new([flags, record]).check().unwrap()
}

fn login(settings: Settings) -> Login {
    let client_id = settings.client_id().to_string();
    let user = settings.username().to_string();
    let resolution = settings.resolution().clone();
    let hosts = settings.allowed_hosts().clone();
    let KeySource::Local(key) = settings.into_key() else { panic!("the record has a key") };
    let signer = Arc::new(RingSigner::new(*key));
    Login::new(client_id, user, signer, resolution).allowed_hosts(hosts)
}
