use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::{AllowedHosts, Life, Step, Token};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::clock::{BootTime, Moment, boot_id};
use super::failure::Failure;
use crate::random;

/// A token, and when it ends by the clock that never jumps.
pub struct Held {
    token: Arc<Token>,
    obtained: UnixTime,
    life: Life,
}

impl Held {
    /// Takes a token that was granted just now.
    pub fn new(token: impl Into<Arc<Token>>, now: Moment) -> Self {
        let token = token.into();
        let life = token.expires_at().saturating_duration_since(token.received_at());
        Self::living(token, now.wall, now.boot, now.boot.saturating_add(life))
    }

    fn living(token: Arc<Token>, obtained: UnixTime, begins: BootTime, ends: BootTime) -> Self {
        let life = Life::new(begins.since_start(), ends.since_start(), random::number());
        Self { token, obtained, life }
    }

    /// The token.
    pub fn token(&self) -> &Arc<Token> {
        &self.token
    }

    /// When it was granted.
    pub fn obtained(&self) -> UnixTime {
        self.obtained
    }

    /// How long it is good for; zero when it has ended.
    pub fn time_left(&self, now: BootTime) -> Duration {
        self.life.left(now.since_start())
    }

    /// What to do for somebody who needs it for so long.
    pub fn step(&self, min_ttl: Duration, now: BootTime) -> Step {
        self.life.step(now.since_start(), min_ttl)
    }

    /// Whether it can be handed out to somebody who needs it for so long.
    pub fn is_good_for(&self, min_ttl: Duration, now: BootTime) -> bool {
        matches!(self.step(min_ttl, now), Step::Serve | Step::ServeAndRenew)
    }

    /// Whether it can be handed out where nothing better is to be had.
    pub(crate) fn is_good(&self, now: BootTime) -> bool {
        self.step(Duration::ZERO, now) != Step::Refuse
    }

    /// A token from another process, or from before this machine was last started. `None` if its
    /// times make no sense by one of the clocks.
    fn again(token: Token, obtained: &Obtained, now: Moment) -> Option<Self> {
        let wall = UnixTime::from_secs(obtained.wall);
        if wall > now.wall.saturating_add(CLOCKS_DIFFER) {
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
        Some(Self::living(Arc::new(token), wall, begins, ends))
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("token", &self.token).field("life", &self.life).finish()
    }
}

/// All that is remembered of one login.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The token that was granted last.
    pub held: Option<Arc<Held>>,
    /// Why the last attempt gave none.
    pub failure: Option<Failure>,
    /// When logins were tried, within the last hour.
    pub logins: Vec<UnixTime>,
    /// Whether it was the further attempt that worked last.
    pub further: bool,
}

impl State {
    /// Takes back what this process knows and the store has lost: one that cannot be written to
    /// must forget neither a refusal nor how often somebody has logged in.
    pub(crate) fn recall(&mut self, own: &Self) {
        if self.logins.last() < own.logins.last() {
            self.held = own.held.clone().or_else(|| self.held.take());
            self.failure.clone_from(&own.failure);
            self.further = own.further;
        }
        self.count(&own.logins);
    }

    /// Counts logins of which this state may not know.
    pub(crate) fn count(&mut self, logins: &[UnixTime]) {
        let lost = logins.iter().filter(|login| !self.logins.contains(login));
        let lost: Vec<_> = lost.copied().collect();
        self.logins.extend(lost);
        self.logins.sort_unstable();
    }

    /// The state as bytes to be sealed: a line of JSON that holds no secret, and the token.
    pub(crate) fn to_bytes(&self, who: &Who) -> Zeroizing<Vec<u8>> {
        let head = Head {
            who: who.clone(),
            obtained: self.held.as_ref().map(|held| Obtained::of(held)),
            failure: self.failure.clone(),
            further: self.further,
            logins: self.logins.iter().map(|login| login.as_secs()).collect(),
        };
        let head = serde_json::to_vec(&head).expect("texts and numbers are JSON");
        let token = self.held.as_ref().map(|held| held.token.to_kept()).unwrap_or_default();
        Zeroizing::new([&head, b"\n".as_slice(), &token].concat())
    }

    /// Reads what [`State::to_bytes`] wrote; `None` if it is anything else.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        allowed: &AllowedHosts,
        now: Moment,
    ) -> Option<(Who, Self)> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (head, token) = (&bytes[..end], &bytes[end + 1..]);
        let head = serde_json::from_slice::<Head>(head).ok()?;
        let held = head.obtained.and_then(|obtained| {
            Held::again(Token::from_kept(token, allowed)?, &obtained, now).map(Arc::new)
        });
        let logins = head.logins.into_iter().map(UnixTime::from_secs).collect();
        Some((head.who, Self { held, failure: head.failure, logins, further: head.further }))
    }
}

/// Whose login a state is of. Kept inside the seal, for whoever lists a cache.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Who {
    /// The consumer key of the app.
    pub client_id: String,
    /// Where the assertion goes first.
    pub endpoint: String,
    /// As whom.
    pub username: String,
}

#[derive(Deserialize, Serialize)]
struct Head {
    who: Who,
    obtained: Option<Obtained>,
    failure: Option<Failure>,
    further: bool,
    logins: Vec<u64>,
}

#[derive(Deserialize, Serialize)]
struct Obtained {
    wall: u64,
    boot: Option<BootTime>,
    start: Option<String>,
}

impl Obtained {
    fn of(held: &Held) -> Self {
        Self {
            wall: held.obtained.as_secs(),
            boot: Some(BootTime::from_duration(held.life.begins())),
            start: boot_id().map(str::to_owned),
        }
    }
}

/// Of an entry from a time to come that much is put down to clocks of different hosts.
pub(crate) const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn at(wall: u64, boot: u64) -> Moment {
        Moment {
            wall: UnixTime::from_secs(wall),
            boot: BootTime::from_duration(Duration::from_secs(boot)),
        }
    }

    /// Ten minutes of life from second 1,000,000, when the machine had run for 5,000 s.
    fn granted() -> Held {
        let answer = r#"{"access_token":"00Dxx0000006JFr!AR8AQ.canary","token_type":"Bearer",
            "instance_url":"https://acme.my.salesforce.com"}"#;
        let response = Response::builder()
            .header("content-type", "application/json")
            .body(Bytes::from_static(answer.as_bytes()))
            .unwrap();
        let now = at(1_000_000, 5_000);
        let token = Token::from_http(&response, now.wall, &AllowedHosts::none()).unwrap();
        Held::new(token, now)
    }

    fn who() -> Who {
        Who {
            client_id: "3MVG9".to_owned(),
            endpoint: "https://acme.my.salesforce.com/services/oauth2/token".to_owned(),
            username: "robot@acme.com".to_owned(),
        }
    }

    /// How long the token is good for when another process reads it, or `None` for a miss.
    fn left_when_read(now: Moment) -> Option<Duration> {
        let state = State { held: Some(Arc::new(granted())), ..State::default() };
        let bytes = state.to_bytes(&who());
        let (_, state) = State::from_bytes(&bytes, &AllowedHosts::none(), now).unwrap();
        state.held.map(|held| held.time_left(now.boot))
    }

    #[test]
    fn the_earlier_end_by_either_clock_wins() {
        for (name, now, left) in [
            ("at once", at(1_000_000, 5_000), Some(10 * MINUTE)),
            ("a minute later", at(1_000_060, 5_060), Some(9 * MINUTE)),
            ("at its end", at(1_000_600, 5_600), Some(Duration::ZERO)),
            ("B24 wall clock an hour ahead", at(1_003_660, 5_060), Some(Duration::ZERO)),
            ("B24 wall clock half a minute back", at(999_970, 5_060), Some(9 * MINUTE)),
            ("B24 wall clock at 1970", at(60, 5_060), None),
            ("B24 wall clock at 2106", at(u64::from(u32::MAX), 5_060), Some(Duration::ZERO)),
            ("B26 eight hours of suspend", at(1_000_060, 33_800), Some(Duration::ZERO)),
            ("B27 obtained an hour from now", at(996_400, 5_000), None),
        ] {
            assert_eq!(left_when_read(now), left, "{name}");
        }
    }

    #[test]
    fn b24_in_memory_the_wall_clock_has_no_say() {
        let held = granted();
        assert_eq!(held.time_left(at(0, 5_060).boot), 9 * MINUTE);
        assert!(!held.is_good(at(0, 5_600).boot));
    }

    #[test]
    fn b26_a_token_that_slept_too_long_is_not_handed_out() {
        let (held, awake) = (granted(), at(1_000_000, 5_000).boot.saturating_add(8 * HOUR));
        assert!(!held.is_good_for(Duration::ZERO, awake));
        assert!(!held.is_good(awake));
    }

    #[test]
    fn b28_a_state_that_was_cut_is_a_miss() {
        let state = State { held: Some(Arc::new(granted())), ..State::default() };
        let bytes = state.to_bytes(&who());
        for len in 0..bytes.len() {
            let read = State::from_bytes(&bytes[..len], &AllowedHosts::none(), Moment::now());
            assert!(read.is_none_or(|(_, state)| state.held.is_none()), "{len} bytes");
        }
    }
}
