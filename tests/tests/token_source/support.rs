//! Token sources and caches for an org.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use conformance::test_org::USER;
use conformance::test_org::{CLIENT_ID, TestOrg};
use orgtoken_client::cache::{
    CacheFolder, FileCache, Lease, LoginId, MemoryCache, SealingKey, State, TokenCache,
};
use orgtoken_client::{
    BootTime, CachedToken, LoginSource, LoginSourceBuilder, Timestamp, Transport,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Returns an org without TLS that accepts [`USER`].
pub(crate) fn org() -> TestOrg {
    TestOrg::plain()
}

pub(crate) fn transport() -> Transport {
    Transport::builder().build()
}

pub(crate) fn builder(org: &TestOrg) -> LoginSourceBuilder {
    LoginSource::builder(org.login(), transport())
}

pub(crate) fn login_id(org: &TestOrg) -> LoginId {
    LoginId {
        client_id: CLIENT_ID.to_owned(),
        endpoint: org.url().to_owned(),
        username: USER.to_owned(),
    }
}

pub(crate) fn sealing_key() -> Arc<SealingKey> {
    Arc::new(SealingKey::derive(b"the numbers of a key"))
}

pub(crate) fn store(org: &TestOrg, folder: &Path) -> FileCache {
    CacheFolder::open(folder).unwrap().entry(login_id(org), sealing_key(), org.allowed_hosts())
}

pub(crate) fn with_file_cache(org: &TestOrg, folder: &Path) -> LoginSource {
    builder(org).cache(Box::new(store(org, folder))).build()
}

/// A state with a new token.
pub(crate) async fn granted(org: &TestOrg) -> State {
    let now = Timestamp::now();
    let granted = org.login().obtain(&transport(), || now.wall).await.unwrap();
    let token = Some(Arc::new(CachedToken::new(granted.token, now)));
    State { token, ..State::default() }
}

/// A source with a token in the last eleventh of its lifetime: it is served, and due for renewal.
///
/// The lifetime is as long as possible, so that the token does not expire on a busy machine: a token
/// cannot be older than the uptime.
pub(crate) async fn due_for_renewal(org: &TestOrg) -> LoginSource {
    let now = Timestamp::now();
    let granted = org.login().obtain(&transport(), || now.wall).await.unwrap();
    let since_start = now.boot.since_start();
    let lived = since_start.min(15 * MINUTE);
    let then = Timestamp { boot: BootTime::from_duration(since_start - lived), ..now };
    let token = granted.token.lifetime(lived * 11 / 10);
    let cached = Some(Arc::new(CachedToken::new(token, then)));
    let store = MemoryCache::default();
    store.save(&State { token: cached, ..State::default() }, &Lease::NONE).await;
    builder(org).cache(Box::new(store)).build()
}
