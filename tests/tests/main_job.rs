//! The main job through the crates: settings, endpoint and audience, assertion, TLS, token, a call.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use bytes::Bytes;
use conformance::test_org::{TestOrg, USER, now};
use http::{HeaderMap, Method, StatusCode};
use orgtoken_assertion::RingSigner;
use orgtoken_client::Login;
use orgtoken_rest::Org;
use orgtoken_settings::{KeySource, Layer, Loader, Setting, Settings};

#[tokio::test]
async fn settings_record_leads_to_a_record_in_the_org() {
    let org = TestOrg::new();
    let settings = settings(&org);
    let version = settings.api_version().major();
    let token = login(settings).obtain(&org.transport(), now).await.unwrap().token;
    assert_eq!(org.logins_of(USER), 1);

    let api = Org::new(org.transport(), token, version);
    let body = Bytes::from_static(br#"{"Name":"Acme AB"}"#);
    let created = api.request(Method::POST, "sobjects/Account", HeaderMap::new(), body).await;
    assert_eq!(created.unwrap().status(), StatusCode::CREATED);
    assert_eq!(org.logins(), 1);
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
