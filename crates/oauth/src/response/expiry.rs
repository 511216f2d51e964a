use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::UnixTime;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::json::{Field, Fields};
use crate::token::AccessToken;

/// What a token and its answer say about its end. Nonsense says nothing.
pub(super) fn ends_at(token: &AccessToken, answer: &Fields, now: UnixTime) -> Option<UnixTime> {
    let own = jwt_expiry(token).and_then(|expiry| before_expiry(expiry, now));
    let told = answer
        .number("expires_in")
        .filter(|seconds| (1..=LONGEST).contains(seconds))
        .map(|seconds| now.saturating_add(Duration::from_secs(seconds)));
    match (own, told) {
        (Some(own), Some(told)) => Some(own.min(told)),
        (own, told) => own.or(told),
    }
}

/// A minute early; of a token that lives no two minutes, half its life is kept.
fn before_expiry(expiry: u64, now: UnixTime) -> Option<UnixTime> {
    let left = expiry.checked_sub(now.as_secs()).filter(|left| (1..=LONGEST).contains(left))?;
    Some(UnixTime::from_secs(expiry - MARGIN.min(left / 2)))
}

/// The `exp` of a JWT that nobody verifies: it only says when to stop using it.
fn jwt_expiry(token: &AccessToken) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: Field,
    }

    if !token.is_jwt() {
        return None;
    }
    let claims = token.secret().split('.').nth(1)?;
    let claims = Zeroizing::new(Base64UrlUnpadded::decode_vec(claims).ok()?);
    serde_json::from_slice::<Claims>(&claims).ok()?.exp.number()
}

/// The longest session timeout that an org can choose: 24 hours. Who claims more says nothing.
const LONGEST: u64 = 24 * 60 * 60;
const MARGIN: u64 = 60;
