//! Transient failures, which are retried, and permanent ones.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use conformance::raw::{Answer, Raw};
use http::Method;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{Timeouts, Transport};
use orgtoken_rest::{Backoff, Org};

use crate::support::{ConnectedOrg, token_for};

const ACCOUNT: &str = r#"{"Name":"Acme AB"}"#;

#[tokio::test]
async fn daily_limit_is_not_retried() {
    let org = ConnectedOrg::playing("request-limit");
    let error = org.call(Method::POST, "sobjects/Account", ACCOUNT).await.unwrap_err();
    assert_eq!(error.code(), "rate.limited");
    assert_eq!((org.server.logins(), org.calls()), (1, 1));
}

#[tokio::test]
async fn read_is_retried_after_an_outage() {
    let org = ConnectedOrg::playing("api-unavailable-once");
    org.api.limits().await.unwrap();
    assert_eq!((org.server.logins(), org.calls()), (1, 2));
}

#[tokio::test]
async fn read_is_retried_after_a_truncated_response() {
    for scenario in ["api-closed-once", "api-cut-once"] {
        let org = ConnectedOrg::playing(scenario);
        assert!(org.api.limits().await.unwrap().contains_key("DailyApiRequests"));
        assert_eq!((org.server.logins(), org.calls()), (1, 2), "{scenario}");

        let org = ConnectedOrg::playing(scenario);
        let error = org.call(Method::POST, "sobjects/Account", ACCOUNT).await.unwrap_err();
        assert_eq!((error.code(), org.calls()), ("resp.truncated", 1), "{scenario}");
    }
}

#[tokio::test]
async fn failures_of_head_and_body_count_as_the_same_attempts() {
    let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{";
    let asked = AtomicUsize::new(0);
    let next = move || asked.fetch_add(1, Ordering::SeqCst) % 2;
    let server = Raw::new(move |_| [busy, cut][next()].to_owned());

    let api = Org::new(Transport::builder().build(), token_for(&server.host()), 65);
    let api = api.backoff(Backoff::new(3, Duration::from_millis(1)));
    let error = api.limits().await.unwrap_err();
    assert_eq!((error.code(), server.requests().len()), ("unavailable.api", 3));
}

#[tokio::test]
async fn write_is_not_retried_after_an_outage() {
    for method in [Method::POST, Method::PATCH, Method::DELETE] {
        let org = ConnectedOrg::playing("api-unavailable-once");
        let error = org.call(method.clone(), "sobjects/Account", ACCOUNT).await.unwrap_err();
        assert_eq!((error.code(), org.calls()), ("unavailable.api", 1), "{method}");
    }
}

#[tokio::test]
async fn permanent_failure_is_not_retried() {
    let org = ConnectedOrg::playing("api-disabled");
    let error = org.api.limits().await.unwrap_err();
    assert_eq!((error.code(), org.calls()), ("api.forbidden", 1));
}

#[tokio::test]
async fn refused_login_is_the_error_of_the_call() {
    let org = ConnectedOrg::playing("not-approved");
    let error = org.api.limits().await.unwrap_err();
    assert_eq!((error.code(), org.calls()), ("refused.user_not_approved", 0));
}

#[tokio::test]
async fn total_covers_the_body_and_all_attempts() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n{".to_vec();
    let host = Raw::answering(Answer::Drip(head, b' ', Duration::from_millis(50))).host();
    let total = Duration::from_millis(700);
    let timeouts = Timeouts { head: total, total, ..Timeouts::default() };
    let api = Org::new(Transport::builder().timeouts(timeouts).build(), token_for(&host), 65);
    let api = api.backoff(Backoff::new(100, Duration::from_millis(1)));
    let begun = Instant::now();
    let error = api.limits().await.unwrap_err();
    assert_eq!(error.code(), "resp.timeout");
    // A piece arrives every 50 ms. Each attempt alone would have 700 ms.
    assert!(begun.elapsed() < 2 * total, "{:?}", begun.elapsed());
}
