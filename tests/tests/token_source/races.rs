//! Callers that are cancelled, panic or are late.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::test_org::TestOrg;
use orgtoken_assertion::{Diagnostic, PublicKey, SignError, Signature, Signer};
use orgtoken_client::cache::FileCache;
use orgtoken_client::{CachedToken, LoginSource, TokenError, TokenSource};
use tokio::time::timeout;

use crate::support::{
    MINUTE, SECOND, USER, builder, due_for_renewal, org, store, transport, with_file_cache,
};

#[tokio::test]
async fn login_of_a_cancelled_caller_is_completed_and_used() {
    let org = org();
    let source = org.source();
    let hold = org.hold("/services/oauth2/token");
    let leader = asking(&source);
    hold.arrived(1).await;
    let waiter = asking(&source);
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    hold.release();
    waiter.await.unwrap().unwrap();
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn callers_that_time_out_share_one_login() {
    let org = org();
    let source = org.source();
    let hold = org.hold("/services/oauth2/token");
    for _ in 0..5 {
        let asked = timeout(Duration::from_millis(5), source.token(MINUTE)).await;
        assert!(asked.is_err(), "the org has not answered yet");
    }
    hold.release();
    source.token(MINUTE).await.unwrap();
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn waiter_takes_over_after_a_panic() {
    let org = org();
    let panics_once = Arc::new(PanicsOnce { key: org.signer(), signatures: AtomicUsize::new(0) });
    let source = LoginSource::new(org.login_with(panics_once), transport());
    let asking: Vec<_> = (0..3).map(|_| asking(&source)).collect();
    let mut panicked = 0;
    for task in asking {
        match task.await {
            Ok(token) => token.unwrap(),
            Err(error) => panicked += usize::from(error.is_panic()),
        }
    }
    assert_eq!((panicked, org.logins()), (1, 1));
}

#[tokio::test]
async fn invalidated_token_is_not_read_from_the_cache() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let first = with_file_cache(&org, &folder.path().join("orgtoken"));
    let dead = first.token(MINUTE).await.unwrap();
    let source = with_file_cache(&org, &folder.path().join("orgtoken"));
    source.invalidate(&dead);
    let token = source.token(MINUTE).await.unwrap();
    assert_ne!(secret(&token), secret(&dead));
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn late_invalidation_does_not_bring_back_a_newer_token() {
    let (org, folder) = (org(), tempfile::tempdir().unwrap());
    let source = with_file_cache(&org, &folder.path().join("orgtoken"));
    let oldest = source.token(MINUTE).await.unwrap();
    source.invalidate(&oldest);
    let old = source.token(MINUTE).await.unwrap();
    source.invalidate(&old);
    source.invalidate(&oldest);
    let token = source.token(MINUTE).await.unwrap();
    assert_ne!(secret(&token), secret(&old));
    assert_eq!(org.logins(), 3);
}

#[tokio::test]
async fn invalidated_token_is_not_returned_if_the_login_fails() {
    let org = org();
    let source = org.source();
    let token = source.token(MINUTE).await.unwrap();
    org.play("not-approved");
    source.invalidate(&token);
    source.token(Duration::ZERO).await.unwrap_err();
    assert!(source.cached(Duration::ZERO).is_none());
}

#[tokio::test]
async fn refusal_and_cap_hold_without_a_working_cache() {
    let org = org();
    org.play("not-approved");
    let source = builder(&org).cache(Box::new(lost_cache(&org))).build();
    source.token(MINUTE).await.unwrap_err();
    let error = source.token(MINUTE).await.unwrap_err();
    assert!(matches!(&*error, TokenError::CachedFailure { .. }), "{error}");
    assert_eq!(org.login_history().len(), 1);

    org.set_scenario(USER, None);
    let source = builder(&org).cache(Box::new(lost_cache(&org))).hourly_cap(1).build();
    let token = source.token(MINUTE).await.unwrap();
    source.invalidate(&token);
    assert_eq!(source.token(MINUTE).await.unwrap_err().code(), "rate.cap");
}

#[tokio::test]
async fn failed_renewal_ahead_is_not_repeated_at_once() {
    let org = org();
    let source = due_for_renewal(&org).await;
    org.play("not-approved");
    source.token(SECOND).await.unwrap();
    while org.login_history().len() < 2 {
        source.token(SECOND).await.unwrap();
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        source.token(SECOND).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(org.login_history().len(), 2);
}

fn asking(source: &LoginSource) -> tokio::task::JoinHandle<Result<(), Arc<TokenError>>> {
    let source = source.clone();
    tokio::spawn(async move { source.token(MINUTE).await.map(drop) })
}

fn secret(token: &CachedToken) -> &str {
    token.token().access_token().secret()
}

/// Panics at the first signature.
struct PanicsOnce {
    key: Arc<dyn Signer>,
    signatures: AtomicUsize,
}

impl Signer for PanicsOnce {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        assert_ne!(self.signatures.fetch_add(1, Ordering::SeqCst), 0, "the first signature panics");
        self.key.sign(message)
    }
}

/// A cache that saves nothing: its folder is gone.
fn lost_cache(org: &TestOrg) -> FileCache {
    let folder = tempfile::tempdir().unwrap();
    store(org, &folder.path().join("orgtoken"))
}
