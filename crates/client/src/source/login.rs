use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_oauth::Freshness;

use super::renew::Renewal;
use super::single_flight::SingleFlight;
use super::{TokenError, TokenSource};
use crate::cache::TokenCache;
use crate::{BootTime, BoxFuture, CachedToken, Login, Transport};

/// A source that logs in, as rarely as possible.
///
/// Any number of tasks may share it. Clones are cheap and are the same source. With a cache that
/// other processes or hosts share, they share its tokens.
///
/// A token is renewed in the background before it expires. A failed renewal never takes away a
/// token that is still valid. A login continues if its caller stops waiting: the next caller gets
/// its token.
#[derive(Clone)]
pub struct LoginSource(Arc<SingleFlight<Renewal>>);

impl LoginSource {
    /// Logs in with `login` over `transport`, and caches the token in this process.
    pub fn new(login: Login, transport: Transport) -> Self {
        Self::builder(login, transport).build()
    }

    /// Starts to configure a source.
    pub fn builder(login: Login, transport: Transport) -> LoginSourceBuilder {
        LoginSourceBuilder(Renewal::new(login, transport))
    }
}

/// A [`LoginSource`] that is being configured.
#[must_use]
pub struct LoginSourceBuilder(Renewal);

impl LoginSourceBuilder {
    /// Sets the cache of the token; default: a [`MemoryCache`](crate::cache::MemoryCache).
    pub fn cache(mut self, cache: Box<dyn TokenCache>) -> Self {
        self.0.cache = cache;
        self
    }

    /// Sets the assumed lifetime of a token; default: 10 minutes
    /// ([`Token::DEFAULT_LIFETIME`](orgtoken_oauth::Token::DEFAULT_LIFETIME)).
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.0.token_lifetime = Some(lifetime);
        self
    }

    /// Sets the number of assertions that may be sent within an hour; default: 120. With 0, none is
    /// sent. Salesforce blocks a user after 3,600.
    ///
    /// An attempt that cannot reach the endpoint does not count.
    pub fn hourly_cap(mut self, cap: u32) -> Self {
        self.0.cap = cap;
        self
    }

    /// Logs in even if a failure is cached, for a user who has just fixed its cause.
    pub fn ignore_cached_failure(mut self) -> Self {
        self.0.ignores_cached_failure = true;
        self
    }

    /// Finishes the configuration.
    pub fn build(self) -> LoginSource {
        LoginSource(Arc::new(SingleFlight::new(self.0)))
    }
}

impl fmt::Debug for LoginSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginSourceBuilder")
    }
}

impl TokenSource for LoginSource {
    fn cached(&self, min_ttl: Duration) -> Option<Arc<CachedToken>> {
        self.0.current().filter(|cached| cached.is_valid_for(min_ttl, BootTime::now()))
    }

    fn renew(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        Box::pin(self.0.renew(min_ttl))
    }

    fn token(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        let Some(cached) = self.cached(min_ttl) else { return self.renew(min_ttl) };
        if cached.freshness(min_ttl, BootTime::now()) == Freshness::RenewalDue {
            self.0.renew_ahead(&cached);
        }
        Box::pin(std::future::ready(Ok(cached)))
    }

    fn invalidate(&self, token: &CachedToken) {
        self.0.invalidate(token);
    }
}

impl fmt::Debug for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginSource").field("current", &self.0.current()).finish_non_exhaustive()
    }
}
