use std::sync::Arc;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::{AllowedHosts, Token};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::failures::CachedFailure;
use crate::cached_token::{CachedToken, ObtainedAt};
use crate::clock::Timestamp;

/// The cached state of one login.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The latest token.
    pub token: Option<Arc<CachedToken>>,
    /// The failure of the latest login, if it failed.
    pub failure: Option<CachedFailure>,
    /// The times of assertions that were sent within the last hour.
    pub logins: Vec<UnixTime>,
    /// Whether the fallback audience worked last.
    pub uses_fallback: bool,
}

impl State {
    /// Adds what this process knows and the cache has lost. If the cache cannot be written, the
    /// process still knows a refusal and the number of attempts.
    pub(crate) fn merge_local(&mut self, own: &Self) {
        if self.logins.last() < own.logins.last() {
            self.token = own.token.clone().or_else(|| self.token.take());
            self.failure.clone_from(&own.failure);
            self.uses_fallback = own.uses_fallback;
        }
        let count = |logins: &[UnixTime], at| logins.iter().filter(|login| **login == at).count();
        for &at in &own.logins {
            // Several logins may have the same second.
            if count(&self.logins, at) < count(&own.logins, at) {
                self.logins.push(at);
            }
        }
        self.logins.sort_unstable();
    }

    /// Returns the state as bytes to seal: a line of JSON without secrets, then the token.
    pub(crate) fn to_bytes(&self, who: &LoginId) -> Zeroizing<Vec<u8>> {
        let head = Head {
            who: who.clone(),
            obtained: self.token.as_ref().map(|cached| ObtainedAt::of(cached)),
            failure: self.failure.clone(),
            uses_fallback: self.uses_fallback,
            logins: self.logins.iter().map(|login| login.as_secs()).collect(),
        };
        let head = serde_json::to_vec(&head).expect("texts and numbers are JSON");
        let token =
            self.token.as_ref().map(|cached| cached.token().to_cache_bytes()).unwrap_or_default();
        Zeroizing::new([&head, b"\n".as_slice(), &token].concat())
    }

    /// Reads the bytes of [`State::to_bytes`]; `None` if they are anything else.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        allowed: &AllowedHosts,
        now: Timestamp,
    ) -> Option<(LoginId, Self)> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (head, token) = (&bytes[..end], &bytes[end + 1..]);
        let head = serde_json::from_slice::<Head>(head).ok()?;
        let cached = head.obtained.and_then(|obtained| {
            CachedToken::restore(Token::from_cache_bytes(token, allowed)?, &obtained, now)
                .map(Arc::new)
        });
        let logins = head.logins.into_iter().map(UnixTime::from_secs).collect();
        Some((
            head.who,
            Self {
                token: cached,
                failure: head.failure,
                logins,
                uses_fallback: head.uses_fallback,
            },
        ))
    }
}

/// The identity of a login. It is part of the sealed entry, for listings of a cache.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct LoginId {
    /// The consumer key of the app.
    pub client_id: String,
    /// The token endpoint of the first attempt.
    pub endpoint: String,
    /// The user.
    pub username: String,
}

#[derive(Deserialize, Serialize)]
struct Head {
    who: LoginId,
    obtained: Option<ObtainedAt>,
    failure: Option<CachedFailure>,
    #[serde(rename = "further")]
    uses_fallback: bool,
    logins: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cached_token::tests::{at, granted};

    const MINUTE: Duration = Duration::from_secs(60);

    fn who() -> LoginId {
        LoginId {
            client_id: "3MVG9".to_owned(),
            endpoint: "https://acme.my.salesforce.com/services/oauth2/token".to_owned(),
            username: "robot@acme.com".to_owned(),
        }
    }

    /// Returns the remaining lifetime when another process reads the token; `None` for a miss.
    fn left_when_read(now: Timestamp) -> Option<Duration> {
        let state = State { token: Some(Arc::new(granted())), ..State::default() };
        let bytes = state.to_bytes(&who());
        let (_, state) = State::from_bytes(&bytes, &AllowedHosts::none(), now).unwrap();
        state.token.map(|cached| cached.time_left(now.boot))
    }

    #[test]
    fn earlier_expiry_of_both_clocks_wins() {
        for (name, now, left) in [
            ("at once", at(1_000_000, 5_000), Some(10 * MINUTE)),
            ("a minute later", at(1_000_060, 5_060), Some(9 * MINUTE)),
            ("at its end", at(1_000_600, 5_600), Some(Duration::ZERO)),
            ("wall clock an hour ahead", at(1_003_660, 5_060), Some(Duration::ZERO)),
            ("wall clock half a minute back", at(999_970, 5_060), Some(9 * MINUTE)),
            ("wall clock at 1970", at(60, 5_060), None),
            ("wall clock at 2106", at(u64::from(u32::MAX), 5_060), Some(Duration::ZERO)),
            ("eight hours of suspend", at(1_000_060, 33_800), Some(Duration::ZERO)),
            ("obtained an hour from now", at(996_400, 5_000), None),
        ] {
            assert_eq!(left_when_read(now), left, "{name}");
        }
    }

    #[test]
    fn truncated_state_is_a_miss() {
        let state = State { token: Some(Arc::new(granted())), ..State::default() };
        let bytes = state.to_bytes(&who());
        for len in 0..bytes.len() {
            let read = State::from_bytes(&bytes[..len], &AllowedHosts::none(), Timestamp::now());
            assert!(read.is_none_or(|(_, state)| state.token.is_none()), "{len} bytes");
        }
    }
}
