//! Callers that are cancelled, panic or are late.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::test_org::TestOrg;
use orgtoken_assertion::{Diagnostic, PublicKey, SignError, Signature, Signer};
use orgtoken_client::cache::FileCache;
use orgtoken_client::{CachedToken, LoginSource, TokenError, TokenSource};
use orgtoken_fake_org::Scenario;
use tokio::time::timeout;

use crate::support::{
    MINUTE, SECOND, USER, due_for_renewal, login, login_by, org, signer, source, store, transport,
    with_file_cache,
};

#[tokio::test]
async fn a_login_whose_caller_gave_up_is_ended_and_used() {
    let org = org();
    let source = source(&org);
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
async fn callers_without_patience_get_the_token_of_those_before_them() {
    let org = org();
    let source = source(&org);
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
async fn when_the_leader_panics_a_waiter_takes_over() {
    let org = org();
    let panics_once = Arc::new(PanicsOnce { key: signer(&org), signatures: AtomicUsize::new(0) });
    let source = LoginSource::new(login_by(&org, panics_once), transport());
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
async fn a_refused_token_does_not_come_back_from_the_store() {
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
async fn who_is_late_to_invalidate_an_old_token_does_not_raise_a_younger_one() {
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
async fn a_refused_token_is_not_handed_out_where_no_new_one_is_to_be_had() {
    let org = org();
    let source = source(&org);
    let token = source.token(MINUTE).await.unwrap();
    org.set_scenario(USER, Scenario::named("not-approved"));
    source.invalidate(&token);
    source.token(Duration::ZERO).await.unwrap_err();
    assert!(source.cached(Duration::ZERO).is_none());
}

#[tokio::test]
async fn a_store_that_loses_everything_does_not_lose_a_refusal_or_the_cap() {
    let org = org();
    org.set_scenario(USER, Scenario::named("not-approved"));
    let source = LoginSource::builder(login(&org), transport()).cache(lost_cache(&org)).build();
    source.token(MINUTE).await.unwrap_err();
    let error = source.token(MINUTE).await.unwrap_err();
    assert!(matches!(&*error, TokenError::CachedFailure { .. }), "{error}");
    assert_eq!(org.login_history().len(), 1);

    org.set_scenario(USER, None);
    let source = LoginSource::builder(login(&org), transport())
        .cache(lost_cache(&org))
        .hourly_cap(1)
        .build();
    let token = source.token(MINUTE).await.unwrap();
    source.invalidate(&token);
    assert_eq!(source.token(MINUTE).await.unwrap_err().code(), "rate.cap");
}

#[tokio::test]
async fn a_renewal_ahead_that_failed_is_not_repeated_at_once() {
    let org = org();
    let source = due_for_renewal(&org).await;
    org.set_scenario(USER, Scenario::named("not-approved"));
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
