//! The token at hand, and one renewal at a time for all that ask.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::TokenError;
use super::invalidated::Invalidated;
use super::sync::{ArcSwapOption, AtomicU64, Handle, Mutex, OwnedMutexGuard, spawn};
use crate::{BootTime, Held};

/// Gets a token from wherever it takes.
pub(super) trait Renew: Send + Sync + 'static {
    /// A token that is good for `min_ttl`, or at least one that is still good. It is none that was
    /// invalidated before, except if a login has granted it again.
    fn run(
        &self,
        min_ttl: Duration,
        at_hand: Option<Arc<Held>>,
        invalidated: &Invalidated,
    ) -> impl Future<Output = Renewed> + Send;
}

pub(super) type Renewed = Result<Arc<Held>, Arc<TokenError>>;

pub(super) struct Flight<R> {
    current: ArcSwapOption<Held>,
    invalidated: Invalidated,
    /// Whoever has it renews; it keeps what the last round came to, for those who waited.
    turn: Arc<Mutex<Option<Outcome>>>,
    rounds: AtomicU64,
    /// In seconds since the start of the machine: no renewal ahead of need begins before.
    ahead_from: AtomicU64,
    pub(super) renewal: R,
}

impl<R: Renew> Flight<R> {
    pub(super) fn new(renewal: R) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            invalidated: Invalidated::default(),
            turn: Arc::default(),
            rounds: AtomicU64::new(0),
            ahead_from: AtomicU64::new(0),
            renewal,
        }
    }

    /// The token at hand, whatever it is still good for.
    pub(super) fn current(&self) -> Option<Arc<Held>> {
        self.current.load_full()
    }

    /// One caller at a time gets past the lock; those behind it find what it left.
    pub(super) async fn renew(self: &Arc<Self>, min_ttl: Duration) -> Renewed {
        let asked = self.rounds.load(Ordering::Acquire);
        let enough = |held: &Arc<Held>| held.is_good_for(min_ttl, BootTime::now());
        let turn = match Arc::clone(&self.turn).try_lock_owned() {
            Ok(turn) => turn,
            Err(_) => match self.current().filter(enough) {
                Some(held) => return Ok(held),
                None => Arc::clone(&self.turn).lock_owned().await,
            },
        };
        if let Some(outcome) = turn.as_ref().filter(|outcome| outcome.round > asked)
            && let Some(result) = self.left_behind(outcome, min_ttl)
        {
            return result;
        }
        // On a task of its own: if the caller gives up, others still wait for what it asked for,
        // and a login that was begun is best made use of.
        let leader = spawn(Arc::clone(self).lead(turn, min_ttl));
        leader.await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Arc::new(TokenError::Cancelled)),
        })
    }

    /// Renews for everybody; ends with the turn.
    async fn lead(
        self: Arc<Self>,
        mut turn: OwnedMutexGuard<Option<Outcome>>,
        min_ttl: Duration,
    ) -> Renewed {
        let mut is_repeated = false;
        let renewed = loop {
            let (at_hand, known) = (self.current.load_full(), self.invalidated.count());
            let renewed = self.renewal.run(min_ttl, at_hand, &self.invalidated).await;
            let Ok(held) = &renewed else { break renewed };
            if self.put(held) {
                break renewed;
            }
            // A login that grants what an API has rejected does so again: the caller gets the token
            // and the API's answer. A token that was invalidated on its way is replaced, once.
            if is_repeated || self.invalidated.is_before(held.token(), known) {
                warn!("the login granted the token that was rejected: the session is the same");
                self.invalidated.readmit(held.token());
                self.current.store(Some(Arc::clone(held)));
                break renewed;
            }
            debug!("the token was invalidated meanwhile");
            is_repeated = true;
        };
        let error = renewed.as_ref().err().cloned();
        let round = self.rounds.fetch_add(1, Ordering::AcqRel) + 1;
        let made_do =
            renewed.as_ref().is_ok_and(|held| !held.is_good_for(min_ttl, BootTime::now()));
        *turn = Some(Outcome { round, error, made_do });
        renewed
    }

    /// What the last round means to somebody who waited for it; `None` if it has nothing for them.
    fn left_behind(&self, outcome: &Outcome, min_ttl: Duration) -> Option<Renewed> {
        if let Some(error) = &outcome.error {
            return Some(Err(Arc::clone(error)));
        }
        let now = BootTime::now();
        let enough = |held: &Arc<Held>| match outcome.made_do {
            true => held.is_good(now),
            false => held.is_good_for(min_ttl, now),
        };
        self.current().filter(enough).map(Ok)
    }

    /// Makes it the token at hand; `false` if it was invalidated since somebody looked.
    fn put(&self, held: &Arc<Held>) -> bool {
        self.invalidated.unless(held.token(), || self.current.store(Some(Arc::clone(held))))
    }

    /// Once it is invalidated nobody makes it the token at hand, so only that one can be dropped.
    pub(super) fn invalidate(&self, held: &Held) {
        if !self.invalidated.insert(held.token()) {
            return info!("the token was rejected again: a login would grant the same one");
        }
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| self.invalidated.contains(current.token())) {
            info!("the token was rejected: it is dropped");
            self.current.compare_and_swap(&current, None);
        }
    }

    /// Starts a renewal in the background, unless one was started a short while ago.
    pub(super) fn renew_ahead(self: &Arc<Self>, held: &Held) {
        let (Ok(runtime), now) = (Handle::try_current(), BootTime::now()) else { return };
        let (seconds, from) =
            (now.since_start().as_secs(), self.ahead_from.load(Ordering::Relaxed));
        let next = seconds + AHEAD_PAUSE.as_secs();
        let mine = |from| {
            let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
            self.ahead_from.compare_exchange(from, next, success, failure).is_ok()
        };
        if seconds < from || !mine(from) {
            return;
        }
        // Only a token that outlives this one is better.
        let more = held.time_left(now).saturating_add(Duration::from_secs(1));
        let flight = Arc::clone(self);
        runtime.spawn(async move {
            info!("the token is renewed ahead of its end");
            let renewed = flight.renew(more).await;
            // If it failed, the token at hand is still good, and somebody tries again later.
            if renewed.is_ok_and(|held| held.is_good_for(more, BootTime::now())) {
                flight.ahead_from.store(0, Ordering::Relaxed);
            }
        });
    }
}

/// What a round came to, for those who waited meanwhile.
struct Outcome {
    round: u64,
    /// `None` if it came to a token, which is the one at hand.
    error: Option<Arc<TokenError>>,
    /// The token is good for less than was asked for: there was no better one.
    made_do: bool,
}

/// Between two renewals ahead of need, if the first one failed.
const AHEAD_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod numbered;
#[cfg(test)]
#[cfg(orgtoken_shuttle)]
mod schedules;
#[cfg(test)]
#[cfg(not(orgtoken_shuttle))]
mod tests;
