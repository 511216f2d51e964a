use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::{Freshness, RenewalSchedule, Token};
use serde::{Deserialize, Serialize};

use crate::clock::{BootTime, MAX_CLOCK_SKEW, Timestamp, boot_id};
use crate::random;

/// A token and its expiry, by a clock that never jumps.
pub struct CachedToken {
    token: Arc<Token>,
    obtained: UnixTime,
    life: RenewalSchedule,
}

impl CachedToken {
    /// Wraps a token that was granted just now.
    pub fn new(token: impl Into<Arc<Token>>, now: Timestamp) -> Self {
        let token = token.into();
        let life = token.expires_at().saturating_duration_since(token.received_at());
        Self::valid_between(token, now.wall, now.boot, now.boot.saturating_add(life))
    }

    fn valid_between(
        token: Arc<Token>,
        obtained: UnixTime,
        begins: BootTime,
        ends: BootTime,
    ) -> Self {
        let life = RenewalSchedule::new(begins.since_start(), ends.since_start(), random::number());
        Self { token, obtained, life }
    }

    /// The token.
    pub fn token(&self) -> &Arc<Token> {
        &self.token
    }

    /// The time when it was granted.
    pub fn obtained(&self) -> UnixTime {
        self.obtained
    }

    /// Returns how long it stays valid; zero after its expiry.
    pub fn time_left(&self, now: BootTime) -> Duration {
        self.life.remaining(now.since_start())
    }

    /// Returns its freshness for a caller that needs it for `min_ttl`.
    pub fn freshness(&self, min_ttl: Duration, now: BootTime) -> Freshness {
        self.life.freshness(now.since_start(), min_ttl)
    }

    /// Whether it may be handed out to a caller that needs it for `min_ttl`.
    pub fn is_valid_for(&self, min_ttl: Duration, now: BootTime) -> bool {
        matches!(self.freshness(min_ttl, now), Freshness::Fresh | Freshness::RenewalDue)
    }

    /// Whether it may be handed out if there is no better token.
    pub(crate) fn is_valid(&self, now: BootTime) -> bool {
        self.freshness(Duration::ZERO, now) != Freshness::Expired
    }

    /// Restores a token that another process stored, or this machine before its last restart.
    /// `None` if its times are impossible by one of the clocks.
    pub(crate) fn restore(token: Token, obtained: &ObtainedAt, now: Timestamp) -> Option<Self> {
        let wall = UnixTime::from_secs(obtained.wall);
        if wall > now.wall.saturating_add(MAX_CLOCK_SKEW) {
            return None;
        }
        let by_wall = token.expires_at().saturating_duration_since(now.wall);
        let life = token.expires_at().saturating_duration_since(wall);
        let ends = now.boot.saturating_add(by_wall);
        let same_start = obtained.start.is_some() && obtained.start.as_deref() == boot_id();
        let (begins, ends) = match obtained.boot {
            Some(boot) if same_start => (boot, ends.min(boot.saturating_add(life))),
            _ => (now.boot, ends),
        };
        Some(Self::valid_between(Arc::new(token), wall, begins, ends))
    }
}

impl fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken").field("token", &self.token).field("life", &self.life).finish()
    }
}

/// The times of a token in a cache entry, by both clocks.
#[derive(Deserialize, Serialize)]
pub(crate) struct ObtainedAt {
    wall: u64,
    boot: Option<BootTime>,
    /// The start of the machine that `boot` counts from.
    start: Option<String>,
}

impl ObtainedAt {
    pub(crate) fn of(cached: &CachedToken) -> Self {
        Self {
            wall: cached.obtained.as_secs(),
            boot: Some(BootTime::from_duration(cached.life.begins())),
            start: boot_id().map(str::to_owned),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;
    use http::Response;
    use orgtoken_oauth::AllowedHosts;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    pub(crate) fn at(wall: u64, boot: u64) -> Timestamp {
        Timestamp {
            wall: UnixTime::from_secs(wall),
            boot: BootTime::from_duration(Duration::from_secs(boot)),
        }
    }

    /// Valid for ten minutes from second 1,000,000, when the machine had run for 5,000 s.
    pub(crate) fn granted() -> CachedToken {
        let answer = r#"{"access_token":"00Dxx0000006JFr!AR8AQ.canary","token_type":"Bearer",
            "instance_url":"https://acme.my.salesforce.com"}"#;
        let response = Response::builder()
            .header("content-type", "application/json")
            .body(Bytes::from_static(answer.as_bytes()))
            .unwrap();
        let now = at(1_000_000, 5_000);
        let token = Token::from_http(&response, now.wall, &AllowedHosts::none()).unwrap();
        CachedToken::new(token, now)
    }

    #[test]
    fn wall_clock_is_ignored_in_memory() {
        let cached = granted();
        assert_eq!(cached.time_left(at(0, 5_060).boot), 9 * MINUTE);
        assert!(!cached.is_valid(at(0, 5_600).boot));
    }

    #[test]
    fn token_that_expired_in_suspend_is_not_returned() {
        let (cached, awake) = (granted(), at(1_000_000, 5_000).boot.saturating_add(8 * HOUR));
        assert!(!cached.is_valid_for(Duration::ZERO, awake));
        assert!(!cached.is_valid(awake));
    }
}
