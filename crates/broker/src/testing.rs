//! A source of tokens that tests control.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Response;
use orgtoken_assertion::UnixTime;
use orgtoken_client::{BootTime, BoxFuture, CachedToken, Timestamp, TokenError, TokenSource};
use orgtoken_oauth::{AllowedHosts, Token};

use crate::limits::lock;

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// A token of [`NOW`] that is valid for so many seconds.
pub(crate) fn token(secret: &str, lives: u64) -> Arc<CachedToken> {
    token_at(secret, lives, "https://other.my.salesforce.com", &AllowedHosts::none())
}

/// The same of an org at this URL.
pub(crate) fn token_at(
    secret: &str,
    lives: u64,
    instance_url: &str,
    hosts: &AllowedHosts,
) -> Arc<CachedToken> {
    let body = format!(
        r#"{{"access_token":"{secret}","instance_url":"{instance_url}","token_type":"Bearer"}}"#
    );
    let response =
        Response::builder().header("content-type", "application/json").body(body).unwrap();
    let token = Token::from_http(&response, NOW, hosts).unwrap();
    let token = token.lifetime(Duration::from_secs(lives));
    Arc::new(CachedToken::new(token, Timestamp { wall: NOW, boot: BootTime::now() }))
}

/// The result of the next logins.
#[derive(Clone, Default)]
enum Next {
    Give(Arc<CachedToken>),
    #[default]
    Hang,
    Panic,
    /// The hourly cap is reached: the only error that a test can create.
    Refuse,
}

#[derive(Default)]
pub(crate) struct FakeSource {
    cached: Mutex<Option<Arc<CachedToken>>>,
    next: Mutex<Next>,
    passed: AtomicU64,
    asked: AtomicUsize,
    dropped: AtomicUsize,
}

impl FakeSource {
    pub(crate) fn empty() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn holding(token: Arc<CachedToken>) -> Arc<Self> {
        let source = Self::empty();
        source.hold(token);
        source
    }

    pub(crate) fn hold(&self, token: Arc<CachedToken>) {
        *lock(&self.cached) = Some(token);
    }

    pub(crate) fn give(&self, token: Arc<CachedToken>) {
        *lock(&self.next) = Next::Give(token);
    }

    pub(crate) fn refuse(&self) {
        *lock(&self.next) = Next::Refuse;
    }

    pub(crate) fn panic(&self) {
        *lock(&self.next) = Next::Panic;
    }

    /// Lets time pass for the cached token.
    pub(crate) fn pass(&self, seconds: u64) {
        self.passed.fetch_add(seconds, Relaxed);
    }

    /// The number of logins.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }

    /// The number of invalidated tokens.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped.load(Relaxed)
    }
}

impl TokenSource for FakeSource {
    fn cached(&self, min_ttl: Duration) -> Option<Arc<CachedToken>> {
        let cached = lock(&self.cached).clone()?;
        let now = BootTime::now().saturating_add(Duration::from_secs(self.passed.load(Relaxed)));
        cached.is_valid_for(min_ttl, now).then_some(cached)
    }

    fn renew(&self, _: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        self.asked.fetch_add(1, Relaxed);
        Box::pin(async {
            let next = lock(&self.next).clone();
            match next {
                Next::Give(token) => {
                    self.hold(Arc::clone(&token));
                    Ok(token)
                }
                Next::Hang => std::future::pending().await,
                Next::Panic => panic!("a bug in a source"),
                Next::Refuse => match self.cached(Duration::ZERO) {
                    Some(cached) => Ok(cached),
                    None => {
                        let retry_in = Duration::from_secs(90);
                        Err(Arc::new(TokenError::Cap { cap: 120, retry_in }))
                    }
                },
            }
        })
    }

    fn invalidate(&self, token: &CachedToken) {
        let is_it = |cached: &mut Arc<CachedToken>| {
            cached.token().access_token().is(token.token().access_token())
        };
        if lock(&self.cached).take_if(is_it).is_some() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }
}
