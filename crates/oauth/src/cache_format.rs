use std::borrow::Cow;

use orgtoken_assertion::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroizing, zeroize_stack};

use crate::endpoint::{InstanceUrl, LoginUrl};
use crate::identity::IdentityUrl;
use crate::token::{AccessToken, Token};
use crate::url::AllowedHosts;

impl Token {
    /// The token as bytes to be sealed and kept. They hold the secret as it is.
    pub fn to_cache_bytes(&self) -> Zeroizing<Vec<u8>> {
        let identity = self.identity.as_ref().map(IdentityUrl::to_url);
        let kept = Kept {
            access_token: self.access_token.secret().into(),
            instance_url: self.instance_url.as_str().into(),
            community_url: self.community_url.as_ref().map(|url| url.as_str().into()),
            identity: identity.map(Cow::Owned),
            scope: self.scope.as_deref().map(Cow::Borrowed),
            issued_at: self.issued_at.map(UnixTime::as_secs),
            received_at: self.received_at.as_secs(),
            expires_at: self.expires_at().as_secs(),
        };
        // Room enough that no half of it is left behind when it grows.
        let mut bytes =
            Zeroizing::new(Vec::with_capacity(2 * self.access_token.secret().len() + ROOM));
        serde_json::to_writer(&mut *bytes, &kept).expect("texts and numbers are JSON");
        bytes
    }

    /// Reads what [`Token::to_cache_bytes`] wrote, and checks it as an answer is checked: the operator
    /// may have changed their mind about a host since.
    pub fn from_cache_bytes(kept: &[u8], allowed: &AllowedHosts) -> Option<Self> {
        let token = Self::read(kept, allowed);
        zeroize_stack::<STACK>();
        token
    }

    /// In a frame of its own, so that the pieces of the token that it leaves on the stack lie where
    /// they can be wiped.
    #[inline(never)]
    fn read(kept: &[u8], allowed: &AllowedHosts) -> Option<Self> {
        let kept = serde_json::from_slice::<Kept<'_>>(kept).ok()?;
        let community_url = kept.community_url.map(|url| LoginUrl::parse(&url, allowed));
        Some(Self {
            access_token: AccessToken::parse(&kept.access_token).ok()?,
            instance_url: InstanceUrl::parse(&kept.instance_url, allowed).ok()?,
            community_url: community_url.transpose().ok()?,
            identity: kept.identity.and_then(|url| IdentityUrl::parse(&url, allowed)),
            scope: kept.scope.map(Cow::into_owned),
            issued_at: kept.issued_at.map(UnixTime::from_secs),
            received_at: UnixTime::from_secs(kept.received_at),
            ends_at: Some(UnixTime::from_secs(kept.expires_at)),
            lifetime: None,
        })
    }
}

#[derive(Deserialize, Serialize)]
struct Kept<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    instance_url: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    community_url: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    identity: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<u64>,
    received_at: u64,
    expires_at: u64,
}

/// In bytes, for everything but the token.
const ROOM: usize = 2048;

/// In bytes: deeper than reading a token goes.
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
    fn a_kept_token_is_the_same_token() {
        let token = token().lifetime(Duration::from_secs(900));
        let back = Token::from_cache_bytes(&token.to_cache_bytes(), &AllowedHosts::none()).unwrap();
        assert_eq!(back.access_token().secret(), token.access_token().secret());
        assert_eq!(back.instance_url(), token.instance_url());
        assert_eq!(back.identity(), token.identity());
        assert_eq!(back.scope(), Some("api id"));
        assert_eq!(back.issued_at(), token.issued_at());
        assert_eq!(back.received_at(), token.received_at());
        assert_eq!(back.expires_at(), UnixTime::from_secs(1_800_000_900));
    }

    #[test]
    fn a_host_that_is_no_longer_allowed_is_a_miss() {
        let kept = String::from_utf8(token().to_cache_bytes().to_vec()).unwrap();
        let kept = kept.replace("acme.my.salesforce.com", "acme.example");
        assert!(Token::from_cache_bytes(kept.as_bytes(), &AllowedHosts::none()).is_none());
        let allowed = AllowedHosts::parse(["acme.example"]).unwrap();
        assert!(Token::from_cache_bytes(kept.as_bytes(), &allowed).is_some());
    }

    #[test]
    fn b28_every_prefix_is_a_miss() {
        let kept = token().to_cache_bytes();
        for len in 0..kept.len() {
            assert!(
                Token::from_cache_bytes(&kept[..len], &AllowedHosts::none()).is_none(),
                "{len} bytes"
            );
        }
    }
}
