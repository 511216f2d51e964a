use std::borrow::Cow;

use orgtoken_assertion::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroizing, zeroize_stack};

use crate::endpoint::{InstanceUrl, LoginUrl};
use crate::token::{AccessToken, Token};
use crate::url::AllowedHosts;

impl Token {
    /// Returns the token as bytes for a cache, which must encrypt them: they contain the secret.
    pub fn to_cache_bytes(&self) -> Zeroizing<Vec<u8>> {
        let cached = CachedToken {
            access_token: self.access_token.secret().into(),
            instance_url: self.instance_url.as_str().into(),
            community_url: self.community_url.as_ref().map(|url| url.as_str().into()),
            scope: self.scope.as_deref().map(Cow::Borrowed),
            received_at: self.received_at.as_secs(),
            expires_at: self.expires_at().as_secs(),
        };
        // The capacity suffices, because bytes that grow leave unwiped copies behind.
        let mut bytes =
            Zeroizing::new(Vec::with_capacity(2 * self.access_token.secret().len() + ROOM));
        serde_json::to_writer(&mut *bytes, &cached).expect("texts and numbers are JSON");
        bytes
    }

    /// Reads the bytes of [`Token::to_cache_bytes`]. The hosts are checked again, because the list
    /// of allowed hosts may have changed.
    pub fn from_cache_bytes(cached: &[u8], allowed: &AllowedHosts) -> Option<Self> {
        let token = Self::read(cached, allowed);
        zeroize_stack::<STACK>();
        token
    }

    /// In its own stack frame, so that the parts of the token on the stack can be wiped afterwards.
    #[inline(never)]
    fn read(cached: &[u8], allowed: &AllowedHosts) -> Option<Self> {
        let cached = serde_json::from_slice::<CachedToken<'_>>(cached).ok()?;
        let community_url = cached.community_url.map(|url| LoginUrl::parse(&url, allowed));
        Some(Self {
            access_token: AccessToken::parse(&cached.access_token).ok()?,
            instance_url: InstanceUrl::parse(&cached.instance_url, allowed).ok()?,
            community_url: community_url.transpose().ok()?,
            scope: cached.scope.map(Cow::into_owned),
            received_at: UnixTime::from_secs(cached.received_at),
            ends_at: Some(UnixTime::from_secs(cached.expires_at)),
            lifetime: None,
        })
    }
}

#[derive(Deserialize, Serialize)]
struct CachedToken<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    instance_url: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    community_url: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
    received_at: u64,
    expires_at: u64,
}

/// In bytes, for everything but the token.
const ROOM: usize = 2048;

/// In bytes: more stack than reading a token uses.
const STACK: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Response;

    use super::*;

    const ANSWER: &str = r#"{"access_token":"00Dxx0000006JFr!AR8AQ.canary","token_type":"Bearer",
        "instance_url":"https://acme.my.salesforce.com","scope":"api id","issued_at":"1736530186928",
        "id":"https://login.salesforce.com/id/00Dxx0000006JFrEAM/005xx000001X9hBAAS"}"#;

    fn token() -> Token {
        let response = Response::builder()
            .header("content-type", "application/json")
            .body(Bytes::from_static(ANSWER.as_bytes()))
            .unwrap();
        let now = UnixTime::from_secs(1_800_000_000);
        Token::from_http(&response, now, &AllowedHosts::none()).unwrap()
    }

    #[test]
    fn cached_token_is_the_same_token() {
        let token = token().lifetime(Duration::from_secs(900));
        let back = Token::from_cache_bytes(&token.to_cache_bytes(), &AllowedHosts::none()).unwrap();
        assert_eq!(back.access_token().secret(), token.access_token().secret());
        assert_eq!(back.instance_url(), token.instance_url());
        assert_eq!(back.scope(), Some("api id"));
        assert_eq!(back.received_at(), token.received_at());
        assert_eq!(back.expires_at(), UnixTime::from_secs(1_800_000_900));
    }

    #[test]
    fn cached_token_for_a_host_that_is_no_longer_allowed_is_a_miss() {
        let cached = String::from_utf8(token().to_cache_bytes().to_vec()).unwrap();
        let cached = cached.replace("acme.my.salesforce.com", "acme.example");
        assert!(Token::from_cache_bytes(cached.as_bytes(), &AllowedHosts::none()).is_none());
        let allowed = AllowedHosts::parse(["acme.example"]).unwrap();
        assert!(Token::from_cache_bytes(cached.as_bytes(), &allowed).is_some());
    }

    #[test]
    fn every_prefix_of_a_cached_token_is_a_miss() {
        let cached = token().to_cache_bytes();
        for len in 0..cached.len() {
            assert!(
                Token::from_cache_bytes(&cached[..len], &AllowedHosts::none()).is_none(),
                "{len} bytes"
            );
        }
    }
}
