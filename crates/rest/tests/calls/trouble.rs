//! Trouble that passes, and trouble that does not.

use http::Method;

use crate::support::Bench;

const ACCOUNT: &str = r#"{"Name":"Acme AB"}"#;

#[tokio::test]
async fn b19_calls_that_are_used_up_are_waited_for_and_cost_no_login() {
    let bench = Bench::playing("request-limit");
    let error = bench.call(Method::POST, "sobjects/Account", ACCOUNT).await.unwrap_err();
    assert_eq!(error.code(), "rate.limited");
    assert_eq!((bench.server.logins(), bench.calls()), (1, 3));
}

#[tokio::test]
async fn b20_an_outage_passes_for_whoever_only_reads() {
    let bench = Bench::playing("api-unavailable-once");
    bench.org.limits().await.unwrap();
    assert_eq!((bench.server.logins(), bench.calls()), (1, 2));
}

#[tokio::test]
async fn b07_an_answer_that_breaks_off_is_asked_for_again_by_whoever_only_reads() {
    let bench = Bench::playing("api-cut-once");
    assert!(bench.org.limits().await.unwrap().contains_key("DailyApiRequests"));
    assert_eq!((bench.server.logins(), bench.calls()), (1, 2));

    let bench = Bench::playing("api-cut-once");
    let error = bench.call(Method::POST, "sobjects/Account", ACCOUNT).await.unwrap_err();
    assert_eq!((error.code(), bench.calls()), ("resp.truncated", 1));
}

#[tokio::test]
async fn b20_what_may_have_been_done_is_not_done_again() {
    for method in [Method::POST, Method::PATCH, Method::DELETE] {
        let bench = Bench::playing("api-unavailable-once");
        let error = bench.call(method.clone(), "sobjects/Account", ACCOUNT).await.unwrap_err();
        assert_eq!((error.code(), bench.calls()), ("unavailable.api", 1), "{method}");
    }
}

#[tokio::test]
async fn what_needs_a_person_is_not_repeated() {
    let bench = Bench::playing("api-disabled");
    let error = bench.org.limits().await.unwrap_err();
    assert_eq!((error.code(), bench.calls()), ("api.forbidden", 1));
}

#[tokio::test]
async fn a_login_that_is_refused_is_the_error_of_the_call() {
    let bench = Bench::playing("not-approved");
    let error = bench.org.limits().await.unwrap_err();
    assert_eq!((error.code(), bench.calls()), ("refused.user_not_approved", 0));
}
