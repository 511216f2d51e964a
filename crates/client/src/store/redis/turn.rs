//! Whose turn it is to log in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use redis::{Cmd, cmd};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn};
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::line::Line;
use super::{KEPT_FOR, millis};
use crate::random;
use crate::store::lock::times;

/// Somebody who may log in, and for whom it is worth waiting: as long as it lives, its lease lasts.
/// If nothing was kept in its turn, that is given back when this is dropped.
pub(super) struct Turn {
    number: u64,
    claim: Claim,
    is_over: AtomicBool,
    heart: AbortHandle,
}

impl Turn {
    /// A later turn has a higher one.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn holder(&self) -> &str {
        &self.claim.holder
    }

    /// Notes that a login begins. Nobody waits for it: the login takes longer.
    pub(super) fn begin(&self, at: UnixTime) {
        let mut begin = self.claim.script(BEGIN);
        begin.arg(at.as_secs()).arg(millis(KEPT_FOR));
        self.claim.send(begin);
    }

    /// What was kept has ended it.
    pub(super) fn is_over(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.heart.abort();
        if !*self.is_over.get_mut() {
            self.claim.send(self.claim.script(RELEASE));
        }
    }
}

/// Somebody who asks for a turn.
pub(super) struct Claim {
    line: Arc<Line>,
    keys: [String; 2],
    holder: String,
}

impl Claim {
    pub(super) fn new(line: Arc<Line>, keys: [String; 2]) -> Self {
        let holder = format!("{:016x}{:016x}", random::number(), random::number());
        Self { line, keys, holder }
    }

    /// `seen` is the turn that kept what was read last. `None` if the server is of no use.
    pub(super) async fn take(&self, seen: u64) -> Option<Answer> {
        let mut take = self.script(TAKE);
        take.arg(seen).arg(millis(LEASE)).arg(millis(KEPT_FOR));
        let (number, begun) = self.line.ask::<(i64, String)>(&take).await?;
        Some(match number {
            1.. => Answer::Yours(number.unsigned_abs(), times(&begun)),
            0 => Answer::Taken,
            _ => Answer::Needless,
        })
    }

    pub(super) fn turn(self, number: u64) -> Turn {
        let mut renew = self.script(RENEW);
        renew.arg(millis(LEASE));
        let heart = spawn(beat(Arc::clone(&self.line), renew)).abort_handle();
        Turn { number, claim: self, is_over: AtomicBool::new(false), heart }
    }

    fn script(&self, script: &str) -> Cmd {
        script_of(script, &self.keys, &self.holder)
    }

    /// Without a runtime it is not sent, and the lease ends by itself.
    fn send(&self, command: Cmd) {
        let Ok(runtime) = Handle::try_current() else { return };
        let line = Arc::clone(&self.line);
        runtime.spawn(async move { line.ask::<i64>(&command).await });
    }
}

pub(super) enum Answer {
    /// Something was kept since the caller looked.
    Needless,
    /// Somebody else has the lease.
    Taken,
    /// The number of the turn, and the logins that were begun in earlier ones and are kept nowhere.
    Yours(u64, Vec<UnixTime>),
}

pub(super) fn script_of(script: &str, keys: &[String; 2], holder: &str) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(script).arg(2).arg(&keys[0]).arg(&keys[1]).arg(holder);
    command
}

/// Makes the lease last, for no longer than a login can take: who hangs does not hold others up.
async fn beat(line: Arc<Line>, renew: Cmd) {
    let until = Instant::now() + LOGIN;
    while Instant::now() < until {
        sleep(LEASE / 3).await;
        if line.ask::<i64>(&renew).await == Some(0) {
            return debug!("the lease has ended before the login");
        }
    }
}

/// A turn; 0 if somebody else has the lease, -1 if something was kept since the caller looked. Then
/// what was begun and is not kept. Who has the lease already (the answer was lost on its way) gets
/// another turn.
const TAKE: &str = "
if tonumber(redis.call('HGET', KEYS[1], 'kept') or '0') ~= tonumber(ARGV[2]) then return {-1, ''} end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[3])
  and redis.call('GET', KEYS[2]) ~= ARGV[1] then return {0, ''} end
local turn = redis.call('HINCRBY', KEYS[1], 'turn', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {turn, redis.call('HGET', KEYS[1], 'begun') or ''}";

/// 1 if the lease lasts on.
const RENEW: &str = "
if redis.call('GET', KEYS[2]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 0";

const BEGIN: &str = "
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local begun = redis.call('HGET', KEYS[1], 'begun') or ''
redis.call('HSET', KEYS[1], 'begun', begun .. ARGV[2] .. '\\n')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1";

const RELEASE: &str = "
if redis.call('GET', KEYS[2]) == ARGV[1] then return redis.call('DEL', KEYS[2]) end
return 0";

/// So long a holder that died, or is stopped, holds the others up.
const LEASE: Duration = Duration::from_secs(5);

/// Longer than a login can take.
const LOGIN: Duration = Duration::from_secs(25);

/// Longer than any turn: who waits that long sees it end.
pub(super) const PATIENCE: Duration = LOGIN.saturating_add(LEASE).saturating_add(LEASE);
