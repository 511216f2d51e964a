use std::sync::Arc;
use std::time::Duration;

use orgtoken_client::{Held, HeldToken, LoginSource, Moment, TokenError, TokenSource};
use orgtoken_oauth::Token;

/// Where an [`Org`](crate::Org) has its token from: a source that can log in again, or one token
/// and no more.
#[derive(Clone)]
pub struct Tokens(Kind);

#[derive(Clone)]
enum Kind {
    One(Arc<Held>),
    Source(Arc<dyn TokenSource>),
}

impl Tokens {
    /// A token that is valid for `min_ttl`. A fixed token is returned whatever its remaining life.
    pub(crate) async fn token(&self, min_ttl: Duration) -> Result<HeldToken, Arc<TokenError>> {
        match &self.0 {
            Kind::One(held) => Ok(HeldToken::from(Arc::clone(held))),
            Kind::Source(source) => source.token(min_ttl).await,
        }
    }

    /// Drops a token that the org has refused; `false` if there can be no other.
    pub(crate) fn invalidate(&self, token: &HeldToken) -> bool {
        let Kind::Source(source) = &self.0 else { return false };
        source.invalidate(token);
        true
    }
}

impl From<Arc<dyn TokenSource>> for Tokens {
    fn from(source: Arc<dyn TokenSource>) -> Self {
        Self(Kind::Source(source))
    }
}

impl From<LoginSource> for Tokens {
    fn from(source: LoginSource) -> Self {
        Self(Kind::Source(Arc::new(source)))
    }
}

impl From<Token> for Tokens {
    fn from(token: Token) -> Self {
        Arc::new(token).into()
    }
}

impl From<Arc<Token>> for Tokens {
    fn from(token: Arc<Token>) -> Self {
        Self(Kind::One(Arc::new(Held::new(token, Moment::now()))))
    }
}
