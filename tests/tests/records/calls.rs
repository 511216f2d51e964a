//! Single calls and their errors.

use conformance::test_org::{TestOrg, USER};
use http::Method;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::Timestamp;
use orgtoken_fake_org::User;
use orgtoken_rest::{Object, Org, Usage};
use serde_json::json;

use crate::support::{ConnectedOrg, login, record, transport};

#[tokio::test]
async fn record_is_created_read_updated_and_deleted() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let saved = api.create("Account", &record(json!({ "Name": "Acme AB" }))).await.unwrap();
    assert!(saved.is_success());
    let id = saved.id.unwrap();

    api.update("Account", &id, &record(json!({ "Phone": "1" }))).await.unwrap();
    let found: Object = api.get("Account", &id, &["Name", "Phone"]).await.unwrap();
    assert_eq!((found["Name"].as_str(), found["Phone"].as_str()), (Some("Acme AB"), Some("1")));
    api.delete("Account", &id).await.unwrap();
    let gone = api.get::<Object>("Account", &id, &[]).await.unwrap_err();
    assert_eq!(gone.code(), "api.not_found");
}

#[tokio::test]
async fn upsert_reports_whether_it_created_the_record() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    for (name, created) in [("first", true), ("second", false)] {
        let fields = record(json!({ "Name": name }));
        let saved = api.upsert("Account", "ExternalId__c", "4/2 å", &fields).await.unwrap();
        assert_eq!((saved.created, saved.id.is_some()), (Some(created), true), "{name}");
    }
}

#[tokio::test]
async fn versions_limits_and_user_are_read() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let versions = api.versions().await.unwrap();
    assert!(versions.iter().any(|version| version.version == "65.0"));
    assert!(api.limits().await.unwrap()["DailyApiRequests"].remaining > 0);
    assert_eq!(api.userinfo().await.unwrap().username.as_deref(), Some(USER));
}

#[tokio::test]
async fn errors_have_code_hint_and_request() {
    let org = ConnectedOrg::new();
    for (path, code, ours) in [
        ("sobjects/Nothing/describe", "NOT_FOUND", "api.not_found"),
        ("query?q=SELECT Nothing FROM Account", "INVALID_FIELD", "api.refused"),
        ("query?q=SELECT", "MALFORMED_QUERY", "api.refused"),
    ] {
        let error = org.call(Method::GET, path, "").await.unwrap_err();
        assert_eq!(error.code(), ours, "{path}: {error}");
        let failure = error.api_error().unwrap();
        assert!(failure.is(code) && error.hint().is_some(), "{path}: {error}");
        assert!(failure.request().starts_with("GET /services/data/v65.0/"), "{path}");
        assert!(!failure.request().contains("SELECT"), "{path}");
        assert!(failure.usage().unwrap().used > 0, "{path}");
    }
}

#[tokio::test]
async fn members_of_a_site_call_the_site() {
    let site = "https://acme.my.site.com/customers";
    let org = ConnectedOrg::to(TestOrg::with(User::new(USER).community(site), |org| org));
    let answer = org.call(Method::GET, "limits", "").await.unwrap();
    assert!(Usage::from_headers(answer.headers()).is_some());
    let requests = org.server.requests();
    let last = requests.last().unwrap();
    assert_eq!(last.origin(), "https://acme.my.site.com");
    assert_eq!(last.target(), "/customers/services/data/v65.0/limits");
}

#[tokio::test]
async fn debug_shows_no_token() {
    let org = ConnectedOrg::new();
    let now = || Timestamp::now().wall;
    let granted = login(&org.server).obtain(&transport(&org.server), now).await.unwrap();
    let api = Org::new(transport(&org.server), granted.token, 65);
    api.limits().await.unwrap();
    org.server.expire_all();
    let error = api.limits().await.unwrap_err();
    let shown = format!("{api:?} {error:?} {error} {:?}", api.query("SELECT Id FROM Account"));
    assert!(shown.contains("INVALID_SESSION_ID") && !shown.contains("00D"), "{shown}");
}
