//! An org, a login for it and a cache folder, for one test each.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use getrandom::SysRng;
use orgtoken_assertion::{Signer, UnixTime};
use orgtoken_client::cache::{
    CacheFolder, FileCache, Lease, LoginId, MemoryCache, SealingKey, State, TokenCache,
};
use orgtoken_client::{
    BootTime, CachedToken, Login, LoginSource, LoginSourceBuilder, Timestamp, Transport,
};
use orgtoken_fake_org::{FakeOrg, User};
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};
use orgtoken_oauth::{AllowedHosts, LoginUrl, Resolution};

pub(crate) const USER: &str = "robot@acme.com";
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

const CLIENT_ID: &str = "3MVG9canary.client";

/// One key for all tests: to make one takes a second.
static KEY: LazyLock<Arc<KeyPair>> =
    LazyLock::new(|| Arc::new(KeyPair::generate(&mut SysRng, KeySize::Bits2048).unwrap()));

/// An org without TLS, in which [`USER`] is approved.
pub(crate) fn org() -> FakeOrg {
    let validity = Validity::starting(UnixTime::from_secs(1_700_000_000)).days(36_500);
    let subject = Subject::parse("CN=test").unwrap();
    let certificate = Certificate::self_signed(&**KEY, &subject, validity, &mut SysRng).unwrap();
    FakeOrg::builder()
        .certificate(certificate.to_pem())
        .client_id(CLIENT_ID)
        .user(User::new(USER))
        .tls(false)
        .start()
        .unwrap()
}

pub(crate) fn allowed(org: &FakeOrg) -> AllowedHosts {
    AllowedHosts::parse([org.address()]).unwrap()
}

pub(crate) fn login(org: &FakeOrg) -> Login {
    login_by(org, KEY.clone())
}

pub(crate) fn signer() -> Arc<dyn Signer> {
    KEY.clone()
}

pub(crate) fn login_by(org: &FakeOrg, signer: Arc<dyn Signer>) -> Login {
    let allowed = allowed(org);
    let url = LoginUrl::parse(org.url(), &allowed).unwrap();
    let resolution = Resolution::resolve(Some(&url), None, None).unwrap();
    Login::new(CLIENT_ID, USER, signer, resolution).allowed_hosts(allowed)
}

pub(crate) fn transport() -> Transport {
    Transport::builder().build()
}

pub(crate) fn source(org: &FakeOrg) -> LoginSource {
    builder(org).build()
}

pub(crate) fn builder(org: &FakeOrg) -> LoginSourceBuilder {
    LoginSource::builder(login(org), transport())
}

pub(crate) fn who(org: &FakeOrg) -> LoginId {
    LoginId {
        client_id: CLIENT_ID.to_owned(),
        endpoint: org.url().to_owned(),
        username: USER.to_owned(),
    }
}

pub(crate) fn sealing_key() -> Arc<SealingKey> {
    Arc::new(SealingKey::derive(b"the numbers of a key"))
}

pub(crate) fn store(org: &FakeOrg, folder: &Path) -> FileCache {
    CacheFolder::open(folder).unwrap().entry(who(org), sealing_key(), allowed(org))
}

pub(crate) fn kept(org: &FakeOrg, folder: &Path) -> LoginSource {
    LoginSource::builder(login(org), transport()).cache(store(org, folder)).build()
}

/// A source with a token whose last eleventh has begun: it is served, and due for renewal.
///
/// Its life is as long as can be, so that a busy machine does not reach its end: a token cannot be
/// older than the machine has been running.
pub(crate) async fn almost_ended(org: &FakeOrg) -> LoginSource {
    let now = Timestamp::now();
    let granted = login(org).obtain(&transport(), || now.wall).await.unwrap();
    let since_start = now.boot.since_start();
    let lived = since_start.min(15 * MINUTE);
    let then = Timestamp { boot: BootTime::from_duration(since_start - lived), ..now };
    let token = granted.into_token().lifetime(lived * 11 / 10);
    let cached = Some(Arc::new(CachedToken::new(token, then)));
    let store = MemoryCache::default();
    store.save(&State { token: cached, ..State::default() }, &Lease::NONE).await;
    LoginSource::builder(login(org), transport()).cache(store).build()
}
