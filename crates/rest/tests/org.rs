//! Calls to the fake org.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use orgtoken_assertion::{SigningKey, UnixTime};
use orgtoken_client::{Login, Proxy, Roots, Transport};
use orgtoken_fake_org::{AppKey, FakeOrg, User};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use orgtoken_rest::{Org, RestError, TIMEOUTS, Usage};

#[tokio::test]
async fn a_record_is_made_read_changed_and_deleted() {
    let (_server, org) = org().await;
    let created = call(&org, Method::POST, "sobjects/Account", r#"{"Name":"Acme AB"}"#).await;
    let created = created.unwrap();
    assert_eq!(created.status(), 201);
    assert!(Usage::of(created.headers()).unwrap().used > 0);
    let body = std::str::from_utf8(created.body()).unwrap();
    let id = body.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();

    let path = format!("sobjects/Account/{id}");
    let changed = call(&org, Method::PATCH, &path, r#"{"Name":"Acme Ltd"}"#).await.unwrap();
    assert_eq!((changed.status().as_u16(), changed.body().len()), (204, 0));
    let query = "query?q=SELECT Name FROM Account WHERE Name = 'Acme Ltd'";
    let found = call(&org, Method::GET, query, "").await.unwrap();
    assert!(String::from_utf8_lossy(found.body()).contains("Acme Ltd"));
    assert_eq!(call(&org, Method::DELETE, &path, "").await.unwrap().status(), 204);
    let gone = call(&org, Method::GET, &path, "").await.unwrap_err();
    assert_eq!(gone.code(), "api.not_found");
}

#[tokio::test]
async fn failures_in_the_words_of_salesforce() {
    let (server, org) = org().await;
    for (path, code, ours) in [
        ("sobjects/Nothing/describe", "NOT_FOUND", "api.not_found"),
        ("query?q=SELECT Nothing FROM Account", "INVALID_FIELD", "api.refused"),
        ("query?q=SELECT", "MALFORMED_QUERY", "api.refused"),
    ] {
        let error = call(&org, Method::GET, path, "").await.unwrap_err();
        assert_eq!(error.code(), ours, "{path}: {error}");
        assert!(error.failure().unwrap().is(code) && error.hint().is_some(), "{path}: {error}");
        assert!(!error.is_session_end(), "{path}");
    }
    server.revoke_all();
    let ended = call(&org, Method::GET, "limits", "").await.unwrap_err();
    assert!(ended.is_session_end(), "{ended}");
}

#[tokio::test]
async fn d02_debug_shows_no_token() {
    let (server, org) = org().await;
    server.revoke_all();
    let error = call(&org, Method::GET, "limits", "").await.unwrap_err();
    let shown = format!("{org:?} {error:?} {error}");
    assert!(shown.contains("acme.my.salesforce.com") && !shown.contains("00D"), "{shown}");
}

async fn call(
    org: &Org,
    method: Method,
    path: &str,
    body: &'static str,
) -> Result<Response<Bytes>, RestError> {
    org.request(method, path, HeaderMap::new(), Bytes::from_static(body.as_bytes())).await
}

async fn org() -> (FakeOrg, Org) {
    let key = AppKey::generate();
    let server = FakeOrg::builder()
        .tls(true)
        .certificate(key.certificate_pem())
        .client_id("3MVG9orgtoken")
        .user(User::new("user@acme.com"))
        .start()
        .unwrap();
    let instance =
        InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none()).unwrap();
    let resolution = Resolution::resolve(None, Some(&instance), None).unwrap();
    let signer = Arc::new(SigningKey::from_bytes(key.secret().as_bytes()).unwrap());
    let transport = Transport::builder()
        .proxy(Proxy::new(&server.proxy_url(), "").unwrap())
        .roots(Roots::Pem(server.ca_pem().unwrap().into()))
        .timeouts(TIMEOUTS)
        .build();
    let login = Login::new("3MVG9orgtoken", "user@acme.com", signer, resolution);
    let granted = login.obtain(&transport, now).await.unwrap();
    (server, Org::new(transport, granted.into_token(), 65))
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    UnixTime::from_secs(since.as_secs())
}
