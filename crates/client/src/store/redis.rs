//! A state that hosts share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use orgtoken_oauth::AllowedHosts;
use redis::{Cmd, cmd};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, warn};

mod line;
use line::Line;
mod url;
use url::Address;
pub use url::RedisUrlError;

use super::clock::Moment;
use super::{Lease, SealingKey, State, Store, Who, Work};
use crate::{Transport, random};

/// Keeps the sealed state of one login in a Redis server, and lets one of all hosts log in at a
/// time.
///
/// Whoever logs in has a lease and a number, its turn. The lease ends by itself, so that a host
/// that is gone holds nobody up for long. One that was paused past its end has cost one more login;
/// what it keeps then is dropped if a later turn has kept something.
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
        let holder = format!("{:016x}{:016x}", random::number(), random::number());
        let seen = self.seen.load(Ordering::Relaxed);
        let mut take = self.script(TAKE, &holder);
        take.arg(seen).arg(millis(LEASE)).arg(millis(KEPT_FOR));
        let (until, mut pause) = (Instant::now() + PATIENCE, SHORTEST_PAUSE);
        loop {
            match self.line.ask::<i64>(&take).await {
                Some(0) if pause == SHORTEST_PAUSE => debug!("another host is logging in"),
                Some(0) => {}
                Some(turn @ 1..) => return self.lease(turn.unsigned_abs(), holder),
                Some(_) | None => return Lease::NONE,
            }
            if timeout_at(until, sleep(pause / 2 + random::part_of(pause))).await.is_err() {
                warn!("other hosts have been logging in for {PATIENCE:?}");
                return Lease::NONE;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn lease(&self, turn: u64, holder: String) -> Lease {
        let (line, release) = (Arc::clone(&self.line), self.script(RELEASE, &holder));
        Lease::held_by(Grip { turn, holder, line, release, is_over: AtomicBool::new(false) })
    }

    /// Keeps it unless a later turn has kept something, and ends the turn.
    async fn write(&self, sealed: &[u8], grip: Option<&Grip>) {
        let (turn, holder) = grip.map_or((0, ""), |grip| (grip.turn, &grip.holder));
        let mut keep = self.script(KEEP, holder);
        keep.arg(turn).arg(millis(KEPT_FOR)).arg(sealed);
        let Some(kept) = self.line.ask::<bool>(&keep).await else { return };
        if !kept {
            debug!("another host has logged in since: its token stays");
        }
        if let Some(grip) = grip {
            grip.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn script(&self, script: &str, holder: &str) -> Cmd {
        let [state, lease] = self.keys();
        let mut command = cmd("EVAL");
        command.arg(script).arg(2).arg(state).arg(lease).arg(holder);
        command
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

/// A turn. If nothing was kept in it, it is given back when this is dropped.
struct Grip {
    turn: u64,
    holder: String,
    line: Arc<Line>,
    release: Cmd,
    is_over: AtomicBool,
}

impl Drop for Grip {
    fn drop(&mut self) {
        if *self.is_over.get_mut() {
            return;
        }
        // Without a runtime it ends by itself.
        let Ok(runtime) = Handle::try_current() else { return };
        let (line, release) = (Arc::clone(&self.line), self.release.clone());
        runtime.spawn(async move { line.ask::<i64>(&release).await });
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A turn, 0 if somebody else has the lease, -1 if something was kept since the caller looked.
/// Who has the lease already (the answer was lost on its way) gets another turn.
const TAKE: &str = "
if tonumber(redis.call('HGET', KEYS[1], 'kept') or '0') ~= tonumber(ARGV[2]) then return -1 end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[3])
  and redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local turn = redis.call('HINCRBY', KEYS[1], 'turn', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return turn";

/// 1 if it was kept. The turns go on from this one even if the server had lost its memory.
const KEEP: &str = "
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
local turn = tonumber(ARGV[2])
if tonumber(redis.call('HGET', KEYS[1], 'kept') or '0') > turn then return 0 end
redis.call('HSET', KEYS[1], 'kept', ARGV[2], 'sealed', ARGV[4])
if tonumber(redis.call('HGET', KEYS[1], 'turn') or '0') < turn then
  redis.call('HSET', KEYS[1], 'turn', ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";

const RELEASE: &str = "
if redis.call('GET', KEYS[2]) == ARGV[1] then return redis.call('DEL', KEYS[2]) end
return 0";

/// Longer than a login can take.
const LEASE: Duration = Duration::from_secs(25);
/// Longer than any lease: who waits that long sees it end.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than tokens live and refusals are remembered.
const KEPT_FOR: Duration = Duration::from_secs(25 * 60 * 60);

const SHORTEST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(128);
