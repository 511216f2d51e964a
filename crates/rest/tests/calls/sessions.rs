//! Tokens that end while they are used.

use http::Method;
use orgtoken_client::Moment;
use orgtoken_rest::Org;

use crate::support::{Bench, login, transport};

#[tokio::test]
async fn b18_an_ended_session_costs_one_login_and_one_further_attempt() {
    let bench = Bench::new();
    bench.org.limits().await.unwrap();
    bench.server.expire_all();
    bench.org.limits().await.unwrap();
    assert_eq!((bench.server.logins(), bench.calls()), (2, 3));
}

#[tokio::test]
async fn b18_what_was_refused_for_its_token_alone_is_sent_again_whatever_it_is() {
    let bench = Bench::playing("session-expires-once");
    let body = r#"{"Name":"Acme AB"}"#;
    let answer = bench.call(Method::POST, "sobjects/Account", body).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!((bench.server.logins(), bench.calls()), (2, 2));
}

#[tokio::test]
async fn b18_a_401_for_ever_costs_one_login_and_no_more() {
    let bench = Bench::playing("session-never-valid");
    let error = bench.org.limits().await.unwrap_err();
    assert!(error.is_session_end(), "{error}");
    assert_eq!((bench.server.logins(), bench.calls()), (2, 2));
}

#[tokio::test]
async fn b18_a_401_that_is_a_policy_costs_no_login() {
    let bench = Bench::playing("session-not-for-rest");
    let error = bench.org.limits().await.unwrap_err();
    assert_eq!(error.code(), "api.unauthorized");
    assert_eq!((bench.server.logins(), bench.calls()), (1, 1));
}

#[tokio::test]
async fn b18_one_token_without_a_source_is_not_replaced() {
    let bench = Bench::new();
    let now = || Moment::now().wall;
    let granted = login().obtain(&transport(&bench.server), now).await.unwrap();
    let org = Org::new(transport(&bench.server), granted.into_token(), 65);
    bench.server.expire_all();
    assert!(org.limits().await.unwrap_err().is_session_end());
    assert_eq!((bench.server.logins(), bench.calls()), (1, 1));
}

#[tokio::test]
async fn b18_userinfo_says_it_in_plain_text() {
    let bench = Bench::new();
    bench.org.userinfo().await.unwrap();
    bench.server.expire_all();
    bench.org.userinfo().await.unwrap();
    assert_eq!(bench.server.logins(), 2);
}

#[tokio::test]
async fn b18_calls_side_by_side_share_the_one_login() {
    let bench = Bench::new();
    bench.org.limits().await.unwrap();
    bench.server.expire_all();
    let limits = || bench.org.limits();
    let (a, b, c) = tokio::join!(limits(), limits(), limits());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(bench.server.logins(), 2);
}
