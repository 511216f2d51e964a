//! One login per token: the source and its caches, against the fake org.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

mod file;
mod locations;
mod races;
mod redis;
mod support;

use std::sync::Arc;
use std::time::Duration;

use conformance::test_org::TestOrg;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{BootTime, LoginSource, TokenError, TokenSource};
use orgtoken_fake_org::Hold;
use support::{MINUTE, SECOND, USER, builder, due_for_renewal, org};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn thousand_concurrent_tasks_log_in_once() {
    let org = org();
    let source = org.source();
    let hold = org.hold("/services/oauth2/token");
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let source = source.clone();
        tasks.spawn(async move { source.token(MINUTE).await });
    }
    hold.arrived(1).await;
    hold.release();
    let mut tokens = Vec::new();
    while let Some(task) = tasks.join_next().await {
        tokens.push(task.unwrap().unwrap().token().access_token().secret().to_owned());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), org.logins()), (1, 1));
}

#[tokio::test]
async fn cached_token_takes_no_login() {
    let org = org();
    let source: Arc<dyn TokenSource> = Arc::new(org.source());
    assert!(source.cached(MINUTE).is_none());
    let first = source.token(MINUTE).await.unwrap();
    let second = source.cached(MINUTE).unwrap();
    assert_eq!(first.token().access_token().secret(), second.token().access_token().secret());
    assert_eq!(org.logins(), 1);
}

#[tokio::test]
async fn min_ttl_beyond_the_lifetime_does_not_log_in_for_each_call() {
    let org = org();
    let source = builder(&org).token_lifetime(10 * MINUTE).build();
    for _ in 0..3 {
        source.token(60 * MINUTE).await.unwrap();
    }
    assert_eq!(org.logins(), 1);
}

#[tokio::test]
async fn permanent_refusal_is_requested_once_in_a_thousand_calls() {
    let org = org();
    org.play("not-approved");
    let source = org.source();
    let first = source.token(MINUTE).await.unwrap_err();
    assert!(matches!(&*first, TokenError::Login(_)), "{first}");
    for _ in 1..1000 {
        let error = source.token(MINUTE).await.unwrap_err();
        assert!(matches!(&*error, TokenError::CachedFailure { .. }), "{error}");
        assert_eq!(error.code(), first.code());
        assert!(error.to_string().contains("hasn't approved"), "{error}");
        assert!(error.refusal().is_some());
    }
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn ignore_cached_failure_logs_in_again() {
    let org = org();
    org.play("not-approved");
    let source = builder(&org).ignore_cached_failure().build();
    source.token(MINUTE).await.unwrap_err();
    org.set_scenario(USER, None);
    source.token(MINUTE).await.unwrap();
    assert_eq!(org.login_history().len(), 2);
}

#[tokio::test]
async fn valid_token_is_returned_although_renewal_fails() {
    let org = org();
    let source = builder(&org).token_lifetime(2 * MINUTE).build();
    let token = source.token(Duration::ZERO).await.unwrap();
    let secret = token.token().access_token().secret().to_owned();
    org.play("not-approved");
    for _ in 0..100 {
        let token = source.renew(10 * MINUTE).await.unwrap();
        assert_eq!(token.token().access_token().secret(), secret);
    }
    assert_eq!(org.login_history().len(), 1, "half of its life is enough");
}

#[tokio::test]
async fn expired_token_is_never_returned() {
    let org = org();
    let source = builder(&org).token_lifetime(Duration::ZERO).build();
    source.token(MINUTE).await.unwrap();
    org.play("not-approved");
    assert!(source.cached(Duration::ZERO).is_none());
    let error = source.token(Duration::ZERO).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");
}

#[tokio::test]
async fn callers_with_a_valid_token_do_not_wait_for_a_renewal() {
    let org = org();
    let source = due_for_renewal(&org).await;
    let hold = org.hold("/services/oauth2/token");
    let old = source.token(SECOND).await.unwrap().token().access_token().secret().to_owned();
    source.token(SECOND).await.unwrap();
    hold.arrived(1).await;
    for _ in 0..100 {
        let token = source.token(SECOND).await.unwrap();
        assert_eq!(token.token().access_token().secret(), old);
    }
    assert_eq!(hold.count(), 1, "one renewal at a time");
}

/// Returns a source with a valid token, whose renewal waits for the org.
async fn renewal_in_progress(org: &TestOrg) -> (LoginSource, Hold) {
    let source = due_for_renewal(org).await;
    let hold = org.hold("/services/oauth2/token");
    source.token(SECOND).await.unwrap();
    source.token(SECOND).await.unwrap();
    hold.arrived(1).await;
    (source, hold)
}

#[tokio::test]
async fn caller_with_a_longer_min_ttl_waits_for_the_renewal() {
    let org = org();
    let (source, hold) = renewal_in_progress(&org).await;
    let asking = tokio::spawn({
        let source = source.clone();
        async move { source.renew(4 * MINUTE).await.map(|cached| cached.time_left(BootTime::now())) }
    });
    tokio::task::yield_now().await;
    assert!(!asking.is_finished());
    hold.release();
    assert!(asking.await.unwrap().unwrap() >= 4 * MINUTE);
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn token_is_renewed_before_it_expires() {
    let org = org();
    let (source, hold) = renewal_in_progress(&org).await;
    hold.release();
    let renewed = async {
        while source.cached(4 * MINUTE).is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, renewed).await.unwrap();
    assert_eq!(org.logins(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundred_invalidations_of_one_token_cost_one_login() {
    let org = org();
    let source = org.source();
    source.token(MINUTE).await.unwrap();
    let mut tasks = JoinSet::new();
    let old: Vec<_> = (0..100).map(|_| source.cached(MINUTE).unwrap()).collect();
    for token in old {
        let source = source.clone();
        tasks.spawn(async move {
            source.invalidate(&token);
            source.token(MINUTE).await.map(drop)
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap().unwrap();
    }
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn invalidating_an_old_token_keeps_the_new_one() {
    let org = org();
    let source = org.source();
    let old = source.token(MINUTE).await.unwrap();
    source.invalidate(&old);
    source.token(MINUTE).await.unwrap();
    source.invalidate(&old);
    assert!(source.cached(MINUTE).is_some());
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn waiters_share_the_error_of_the_leader() {
    let org = org();
    org.play("not-approved");
    let source = builder(&org).ignore_cached_failure().build();
    let hold = org.hold("/services/oauth2/token");
    let asking: Vec<_> = (0..3)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { source.token(MINUTE).await.map(drop) })
        })
        .collect();
    hold.arrived(1).await;
    hold.release();
    for task in asking {
        task.await.unwrap().unwrap_err();
    }
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn hourly_cap_limits_logins() {
    let org = org();
    let source = builder(&org).hourly_cap(2).build();
    for _ in 0..2 {
        let token = source.token(MINUTE).await.unwrap();
        source.invalidate(&token);
    }
    let error = source.token(MINUTE).await.unwrap_err();
    assert_eq!(error.code(), "rate.cap");
    assert!(error.to_string().contains("the next login is possible in "), "{error}");
    assert_eq!(org.logins(), 2);
}

#[test]
fn debug_of_a_source_shows_no_token() {
    let org = org();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let source = org.source();
    let token = runtime.block_on(source.token(MINUTE)).unwrap();
    let secret = token.token().access_token().secret();
    for shown in [format!("{source:?}"), format!("{token:?}"), format!("{:#?}", *token)] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
