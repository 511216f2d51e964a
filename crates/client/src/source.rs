//! Where a program gets its token from, again and again.

use std::sync::Arc;
use std::time::Duration;

mod error;
pub use error::TokenError;
mod invalidated;
mod login;
mod single_flight;
pub use login::{LoginSource, LoginSourceBuilder};
mod renew;
mod sync;

use crate::{BoxFuture, CachedToken};

/// Hands out a token that is good for a while yet.
///
/// It is an object: `Arc<dyn TokenSource>` goes wherever a token is needed.
pub trait TokenSource: Send + Sync {
    /// The token at hand, if it is good for `min_ttl` more: no lock, no allocation, no waiting,
    /// some 50 ns.
    fn cached(&self, min_ttl: Duration) -> Option<Arc<CachedToken>>;

    /// Gets a token that is good for `min_ttl` more: from a store, or by a login.
    ///
    /// Of all that ask at once, one logs in and the others wait for its token. Where a login fails,
    /// the token at hand is returned as long as it is good at all. A `min_ttl` of more than half of
    /// a token's life counts as half of it.
    fn renew(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>>;

    /// The token at hand, or else a new one.
    fn token(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        match self.cached(min_ttl) {
            Some(token) => Box::pin(std::future::ready(Ok(token))),
            None => self.renew(min_ttl),
        }
    }

    /// Drops this token and no other: an API has rejected it, though it should still be good.
    ///
    /// If the next login grants the very same token, that is returned, and for a minute this does
    /// nothing: another login would not help, and the caller reports what the API answers.
    fn invalidate(&self, token: &CachedToken);
}
