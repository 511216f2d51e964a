//! Sources of tokens.

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

/// A source of valid tokens.
///
/// It can be a trait object: `Arc<dyn TokenSource>`.
pub trait TokenSource: Send + Sync {
    /// Returns the cached token if it is valid for `min_ttl`, without a lock, an allocation or a
    /// wait: about 50 ns.
    fn cached(&self, min_ttl: Duration) -> Option<Arc<CachedToken>>;

    /// Returns a token that is valid for `min_ttl`, from a cache or by a login.
    ///
    /// Of several callers one logs in, and the others wait for its token. If the login fails, the
    /// cached token is returned as long as it is valid. A `min_ttl` of more than half of a token's
    /// lifetime counts as half of it.
    fn renew(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>>;

    /// Returns the cached token, or else renews it.
    fn token(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        match self.cached(min_ttl) {
            Some(token) => Box::pin(std::future::ready(Ok(token))),
            None => self.renew(min_ttl),
        }
    }

    /// Drops this token, and no other one, after an API has rejected it.
    ///
    /// If the next login returns the same token, the caller gets it. For a minute this method then
    /// does nothing: another login would not help, and the caller should report the error of the
    /// API.
    fn invalidate(&self, token: &CachedToken);
}
