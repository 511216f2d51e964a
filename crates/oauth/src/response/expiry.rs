use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::UnixTime;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::json::{Field, Fields};
use crate::token::AccessToken;

/// Returns the expiry according to the token and its response. Invalid values are ignored.
pub(super) fn ends_at(token: &AccessToken, answer: &Fields, now: UnixTime) -> Option<UnixTime> {
    let by_token = jwt_expiry(token).and_then(|expiry| before_expiry(expiry, now));
    let by_response = answer
        .number("expires_in")
        .filter(|seconds| (1..=LONGEST).contains(seconds))
        .map(|seconds| now.saturating_add(Duration::from_secs(seconds)));
    match (by_token, by_response) {
        (Some(token), Some(response)) => Some(token.min(response)),
        (token, response) => token.or(response),
    }
}

/// Returns the time a minute before the expiry, or at half the remaining time if that is less than
/// two minutes.
fn before_expiry(expiry: u64, now: UnixTime) -> Option<UnixTime> {
    let left = expiry.checked_sub(now.as_secs()).filter(|left| (1..=LONGEST).contains(left))?;
    Some(UnixTime::from_secs(expiry - MARGIN.min(left / 2)))
}

/// Returns the `exp` of a JWT. It is not verified: it only says when to stop using the token.
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

/// The longest session timeout of an org: 24 hours. Larger values are ignored.
const LONGEST: u64 = 24 * 60 * 60;
const MARGIN: u64 = 60;
