//! Where a program gets its token from, again and again.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;

mod error;
pub use error::TokenError;
mod flight;
mod invalidated;
mod login;
pub use login::LoginSource;
mod renewal;
mod sync;

use crate::{Held, Work};

/// Hands out a token that is good for a while yet.
///
/// It is an object: `Arc<dyn TokenSource>` goes wherever a token is needed.
pub trait TokenSource: Send + Sync {
    /// The token at hand, if it is good for `min_ttl` more: no lock, no allocation, no waiting,
    /// some 50 ns.
    fn cached(&self, min_ttl: Duration) -> Option<HeldToken>;

    /// Gets a token that is good for `min_ttl` more: from a store, or by a login.
    ///
    /// Of all that ask at once, one logs in and the others wait for its token. Where a login fails,
    /// the token at hand is returned as long as it is good at all. A `min_ttl` of more than half of
    /// a token's life counts as half of it.
    fn renew(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>>;

    /// The token at hand, or else a new one.
    fn token(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>> {
        match self.cached(min_ttl) {
            Some(token) => Box::pin(std::future::ready(Ok(token))),
            None => self.renew(min_ttl),
        }
    }

    /// Drops this token and no other: an API has rejected it, though it should still be good.
    ///
    /// If the next login grants the very same token, that is returned, and for a minute this does
    /// nothing: another login would not help, and the caller reports what the API answers.
    fn invalidate(&self, token: &HeldToken);
}

/// A token that was handed out. It keeps the token alive, and is best not kept long.
pub struct HeldToken(Guard<Option<Arc<Held>>>);

impl HeldToken {
    /// Takes what an [`ArcSwapOption`](arc_swap::ArcSwapOption) guards.
    fn of(guard: Guard<Option<Arc<Held>>>) -> Option<Self> {
        guard.is_some().then_some(Self(guard))
    }
}

impl From<Arc<Held>> for HeldToken {
    fn from(held: Arc<Held>) -> Self {
        Self(Guard::from_inner(Some(held)))
    }
}

impl Deref for HeldToken {
    type Target = Held;

    fn deref(&self) -> &Held {
        self.0.as_ref().expect("a guard over nothing is never handed out")
    }
}

impl fmt::Debug for HeldToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
