use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_oauth::Freshness;

use super::flight::Flight;
use super::renewal::Renewal;
use super::{HeldToken, TokenError, TokenSource};
use crate::store::{MemoryStore, Store};
use crate::{BootTime, Login, Transport, Work};

/// A source of tokens that logs in itself, as seldom as can be.
///
/// Any number of tasks may share it; clones are cheap and are the same source. With a store that
/// other processes or hosts share, they share its tokens, too.
///
/// A token is renewed in the background ahead of its end. A failed renewal never takes away a
/// token that is still good. A login that was begun is ended, even if whoever asked for it has
/// given up: the next one to ask finds its token.
///
/// # Panics
///
/// What adjusts a source ([`LoginSource::hourly_cap`] and the like) has to come before its first
/// clone.
#[derive(Clone)]
pub struct LoginSource(Arc<Flight<Renewal>>);

impl LoginSource {
    /// Logs in as `login` says, over `transport`, and keeps the token in this process.
    pub fn new(login: Login, transport: Transport) -> Self {
        Self::with_store(login, transport, MemoryStore::default())
    }

    /// Logs in as `login` says, over `transport`, and keeps the token in `store`.
    pub fn with_store(login: Login, transport: Transport, store: impl Store + 'static) -> Self {
        Self(Arc::new(Flight::new(Renewal::new(login, transport, Box::new(store)))))
    }

    /// Asks Salesforce even if a refusal is remembered, for somebody who has just mended something.
    #[must_use]
    pub fn ask_anew(self) -> Self {
        self.adjusted(Renewal::ask_anew)
    }

    /// How long a token is taken to live, 10 minutes unless told
    /// ([`Token::DEFAULT_LIFETIME`](orgtoken_oauth::Token::DEFAULT_LIFETIME)).
    #[must_use]
    pub fn token_lifetime(self, lifetime: Duration) -> Self {
        self.adjusted(|renewal| renewal.token_lifetime = Some(lifetime))
    }

    /// How many assertions may be sent within an hour; 120 by default, and none if it is 0.
    /// Salesforce blocks a user after 3,600.
    ///
    /// An attempt that cannot reach the endpoint does not count.
    #[must_use]
    pub fn hourly_cap(self, cap: u32) -> Self {
        self.adjusted(|renewal| renewal.cap = cap)
    }

    fn adjusted(mut self, adjust: impl FnOnce(&mut Renewal)) -> Self {
        let inner = Arc::get_mut(&mut self.0).expect("a source is adjusted before it is shared");
        adjust(&mut inner.renewal);
        self
    }
}

impl TokenSource for LoginSource {
    fn cached(&self, min_ttl: Duration) -> Option<HeldToken> {
        self.0.current().filter(|held| held.is_good_for(min_ttl, BootTime::now()))
    }

    fn renew(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>> {
        Box::pin(self.0.renew(min_ttl))
    }

    fn token(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>> {
        let Some(held) = self.cached(min_ttl) else { return self.renew(min_ttl) };
        if held.freshness(min_ttl, BootTime::now()) == Freshness::RenewalDue {
            self.0.renew_ahead(&held);
        }
        Box::pin(std::future::ready(Ok(held)))
    }

    fn invalidate(&self, token: &HeldToken) {
        self.0.invalidate(token);
    }
}

impl fmt::Debug for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginSource").field("current", &self.0.current()).finish_non_exhaustive()
    }
}
