//! The `tower` layer over hyper-util's client.

use bytes::Bytes;
use conformance::test_org::TestOrg;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use orgtoken_rest::AuthorizeLayer;
use tower::{Layer, Service, ServiceExt};

#[tokio::test]
async fn layer_logs_in_once_after_a_session_end_and_repeats_the_body() {
    let org = TestOrg::new();
    let client = Client::builder(TokioExecutor::new()).build(org.transport());
    let mut client = AuthorizeLayer::new(org.source()).layer(client);
    for logins in [1, 2, 3] {
        let body = Full::new(Bytes::from(format!(r#"{{"Name":"A{logins}"}}"#)));
        let request = Request::post(format!("{}/services/data/v60.0/sobjects/Account", org.url()))
            .header("content-type", "application/json");
        let response = client.ready().await.unwrap().call(request.body(body).unwrap()).await;
        let response = response.unwrap();
        assert_eq!((response.status(), org.logins()), (StatusCode::CREATED, logins));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("001"), "{body:?}");
        org.expire_all();
    }
}

#[tokio::test]
async fn layer_sends_no_request_to_another_origin() {
    let (org, other) = (TestOrg::new(), TestOrg::plain());
    let client = Client::builder(TokioExecutor::new()).build(org.transport());
    let mut client = AuthorizeLayer::new(org.source()).layer(client);
    let request = Request::get(format!("{}/services/data/v60.0/limits", other.url()));
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let error = client.ready().await.unwrap().call(request).await.unwrap_err();
    assert!(error.to_string().starts_with("the request is not for `https://127.0.0.1:"), "{error}");
    assert_eq!(other.requests().len(), 0);
}
