//! A state that hosts share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::AllowedHosts;
use redis::cmd;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

mod line;
use line::Line;
mod shared;
pub use shared::{RedisCache, RedisFault};
mod turn;
use turn::{Answer, Claim, PATIENCE, Turn, script_of};
mod url;
use url::Address;
pub use url::RedisUrlError;

use super::{Lease, SealingKey, State, Store, Who};
use crate::{Moment, Transport, Work, random};

/// Keeps the sealed state of one login in a Redis server, and lets one of all hosts log in at a
/// time.
///
/// Whoever logs in has a lease and a number, its turn. The lease is short and is renewed while its
/// holder works, so that a host that is gone holds nobody up for long. One that was paused past its
/// end has cost one more login; what it keeps then is dropped if a later turn has kept something.
///
/// A server that does not answer is a miss: the login goes on without it.
pub struct RedisStore {
    line: Arc<Line>,
    name: String,
    who: Who,
    key: Arc<SealingKey>,
    allowed_hosts: AllowedHosts,
    /// The turn that kept what was read last.
    seen: AtomicU64,
}

impl RedisStore {
    /// At a `redis://` or `rediss://` URL, over the TLS of `transport` but never over its proxy. It
    /// connects when it is first used.
    pub fn new(
        url: &str,
        transport: &Transport,
        who: Who,
        key: Arc<SealingKey>,
        allowed_hosts: AllowedHosts,
    ) -> Result<Self, RedisUrlError> {
        let line = Arc::new(Line::new(Address::parse(url)?, transport.clone()));
        let name = key.name(&[&who.endpoint, &who.client_id, &who.username]);
        Ok(Self { line, name, who, key, allowed_hosts, seen: AtomicU64::new(0) })
    }

    async fn read(&self) -> State {
        let mut read = cmd("HMGET");
        read.arg(self.keys()[0].as_str()).arg("kept").arg("sealed");
        let Some((kept, sealed)) = self.line.ask::<(Option<u64>, Option<Vec<u8>>)>(&read).await
        else {
            return State::default();
        };
        self.seen.store(kept.unwrap_or_default(), Ordering::Relaxed);
        let Some(sealed) = sealed else { return State::default() };
        let plain = self.key.open(&self.name, &sealed);
        let state = plain
            .and_then(|plain| State::from_bytes(&plain, &self.allowed_hosts, Moment::now()))
            .filter(|(who, _)| *who == self.who);
        if state.is_none() {
            warn!("an entry in Redis is damaged or of another version");
        }
        state.map(|(_, state)| state).unwrap_or_default()
    }

    /// Waits until it is this host's turn, or until nobody needs one any more: somebody has kept
    /// something since [`RedisStore::read`].
    async fn turn(&self) -> Lease {
        let claim = Claim::new(Arc::clone(&self.line), self.keys());
        let seen = self.seen.load(Ordering::Relaxed);
        let (until, mut pause) = (Instant::now() + PATIENCE, SHORTEST_PAUSE);
        loop {
            match claim.take(seen).await {
                Some(Answer::Yours(turn, begun)) => {
                    return Lease::held_by(claim.turn(turn)).after(begun);
                }
                Some(Answer::Taken) if pause == SHORTEST_PAUSE => {
                    info!("another host is logging in: waiting for it");
                }
                Some(Answer::Taken) => {}
                Some(Answer::Needless) | None => return Lease::NONE,
            }
            if timeout_at(until, sleep(pause / 2 + random::part_of(pause))).await.is_err() {
                warn!("other hosts have been logging in for {PATIENCE:?}");
                return Lease::NONE;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Keeps it unless a later turn has kept something, and ends the turn.
    async fn write(&self, sealed: &[u8], turn: Option<&Turn>) {
        let (number, holder) = turn.map_or((0, ""), |turn| (turn.number(), turn.holder()));
        let mut keep = script_of(KEEP, &self.keys(), holder);
        keep.arg(number).arg(millis(KEPT_FOR)).arg(sealed);
        let Some(kept) = self.line.ask::<bool>(&keep).await else { return };
        if !kept {
            debug!("another host has logged in since: its token stays");
        }
        if let Some(turn) = turn {
            turn.is_over();
        }
    }

    /// In braces is what decides on which server of a cluster a key lies: both on one.
    fn keys(&self) -> [String; 2] {
        ["state", "lease"].map(|what| format!("orgtoken:{{{}}}:{what}", self.name))
    }
}

impl Store for RedisStore {
    fn load(&self) -> Work<'_, State> {
        Box::pin(self.read())
    }

    fn lease(&self) -> Work<'_, Lease> {
        Box::pin(self.turn())
    }

    fn begin(&self, lease: &Lease, at: UnixTime) {
        if let Some(turn) = lease.grip::<Turn>() {
            turn.begin(at);
        }
    }

    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> Work<'a, ()> {
        let sealed = self.key.seal(&self.name, &state.to_bytes(&self.who));
        Box::pin(async move {
            match sealed {
                Some(sealed) => self.write(&sealed, lease.grip()).await,
                None => warn!("the token could not be sealed"),
            }
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("at", &self.line).finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// 1 if it was kept. The turns go on from this one even if the server had lost its memory.
const KEEP: &str = "
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
local turn = tonumber(ARGV[2])
if tonumber(redis.call('HGET', KEYS[1], 'kept') or '0') > turn then return 0 end
redis.call('HSET', KEYS[1], 'kept', ARGV[2], 'sealed', ARGV[4])
redis.call('HDEL', KEYS[1], 'begun')
if tonumber(redis.call('HGET', KEYS[1], 'turn') or '0') < turn then
  redis.call('HSET', KEYS[1], 'turn', ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";

/// Longer than tokens live and refusals are remembered.
const KEPT_FOR: Duration = Duration::from_secs(25 * 60 * 60);

const SHORTEST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(128);
