use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_client::{BoxFuture, CachedToken, LoginSource, Timestamp, TokenError, TokenSource};
use orgtoken_oauth::Token;

/// The source of an [`Org`](crate::Org)'s tokens: one that can log in again, or a single token.
#[derive(Clone)]
pub struct Tokens(pub(crate) Arc<dyn TokenSource>);

impl From<Arc<dyn TokenSource>> for Tokens {
    fn from(source: Arc<dyn TokenSource>) -> Self {
        Self(source)
    }
}

impl From<LoginSource> for Tokens {
    fn from(source: LoginSource) -> Self {
        Self(Arc::new(source))
    }
}

impl From<Token> for Tokens {
    fn from(token: Token) -> Self {
        Arc::new(token).into()
    }
}

impl From<Arc<Token>> for Tokens {
    fn from(token: Arc<Token>) -> Self {
        Self(Arc::new(Fixed(Arc::new(CachedToken::new(token, Timestamp::now())))))
    }
}

/// A single token. It is returned regardless of its remaining lifetime.
struct Fixed(Arc<CachedToken>);

impl TokenSource for Fixed {
    fn cached(&self, _: Duration) -> Option<Arc<CachedToken>> {
        Some(Arc::clone(&self.0))
    }

    fn renew(&self, _: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        Box::pin(ready(Ok(Arc::clone(&self.0))))
    }

    fn invalidate(&self, _: &CachedToken) {}
}
