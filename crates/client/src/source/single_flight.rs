//! The token at hand, and one renewal at a time for all that ask.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::TokenError;
use super::invalidated::Invalidated;
use super::sync::{ArcSwapOption, AtomicU64, Handle, Mutex, OwnedMutexGuard, spawn};
use crate::{BootTime, CachedToken};

/// Gets a token from wherever it takes.
pub(super) trait Renew: Send + Sync + 'static {
    /// A token that is good for `min_ttl`, or at least one that is still good. It is none that was
    /// invalidated before, except if a login has granted it again.
    fn run(
        &self,
        min_ttl: Duration,
        at_hand: Option<Arc<CachedToken>>,
        invalidated: &Invalidated,
    ) -> impl Future<Output = Renewed> + Send;
}

pub(super) type Renewed = Result<Arc<CachedToken>, Arc<TokenError>>;

pub(super) struct SingleFlight<R> {
    current: ArcSwapOption<CachedToken>,
    invalidated: Invalidated,
    /// Whoever has it renews; it keeps what the last generation came to, for those who waited.
    lock: Arc<Mutex<Option<Outcome>>>,
    generation: AtomicU64,
    /// In seconds since the start of the machine: no renewal ahead of need begins before.
    ahead_from: AtomicU64,
    pub(super) renewal: R,
}

impl<R: Renew> SingleFlight<R> {
    pub(super) fn new(renewal: R) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            invalidated: Invalidated::default(),
            lock: Arc::default(),
            generation: AtomicU64::new(0),
            ahead_from: AtomicU64::new(0),
            renewal,
        }
    }

    /// The token at hand, whatever it is still good for.
    pub(super) fn current(&self) -> Option<Arc<CachedToken>> {
        self.current.load_full()
    }

    /// One caller at a time gets past the lock; those behind it find what it left.
    pub(super) async fn renew(self: &Arc<Self>, min_ttl: Duration) -> Renewed {
        let asked = self.generation.load(Ordering::Acquire);
        let enough = |cached: &Arc<CachedToken>| cached.is_valid_for(min_ttl, BootTime::now());
        let lock = match Arc::clone(&self.lock).try_lock_owned() {
            Ok(lock) => lock,
            Err(_) => match self.current().filter(enough) {
                Some(cached) => return Ok(cached),
                None => Arc::clone(&self.lock).lock_owned().await,
            },
        };
        if let Some(outcome) = lock.as_ref().filter(|outcome| outcome.generation > asked)
            && let Some(result) = self.outcome_for(outcome, min_ttl)
        {
            return result;
        }
        // On a task of its own: if the caller gives up, others still wait for what it asked for,
        // and a login that was begun is best made use of.
        let leader = spawn(Arc::clone(self).run_leader(lock, min_ttl));
        leader.await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Arc::new(TokenError::Cancelled)),
        })
    }

    /// Renews for everybody; ends with the lock.
    async fn run_leader(
        self: Arc<Self>,
        mut lock: OwnedMutexGuard<Option<Outcome>>,
        min_ttl: Duration,
    ) -> Renewed {
        let mut is_repeated = false;
        let renewed = loop {
            let (at_hand, known) = (self.current.load_full(), self.invalidated.count());
            let renewed = self.renewal.run(min_ttl, at_hand, &self.invalidated).await;
            let Ok(cached) = &renewed else { break renewed };
            if self.put(cached) {
                break renewed;
            }
            // A login that grants what an API has rejected does so again: the caller gets the token
            // and the API's answer. A token that was invalidated on its way is replaced, once.
            if is_repeated || self.invalidated.is_before(cached.token(), known) {
                warn!("the login granted the token that was rejected: the session is the same");
                self.invalidated.readmit(cached.token());
                self.current.store(Some(Arc::clone(cached)));
                break renewed;
            }
            debug!("the token was invalidated meanwhile");
            is_repeated = true;
        };
        let error = renewed.as_ref().err().cloned();
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        let shorter_than_asked =
            renewed.as_ref().is_ok_and(|cached| !cached.is_valid_for(min_ttl, BootTime::now()));
        *lock = Some(Outcome { generation, error, shorter_than_asked });
        renewed
    }

    /// What the last generation means to somebody who waited for it; `None` if it has nothing for them.
    fn outcome_for(&self, outcome: &Outcome, min_ttl: Duration) -> Option<Renewed> {
        if let Some(error) = &outcome.error {
            return Some(Err(Arc::clone(error)));
        }
        let now = BootTime::now();
        let enough = |cached: &Arc<CachedToken>| match outcome.shorter_than_asked {
            true => cached.is_valid(now),
            false => cached.is_valid_for(min_ttl, now),
        };
        self.current().filter(enough).map(Ok)
    }

    /// Makes it the token at hand; `false` if it was invalidated since somebody looked.
    fn put(&self, cached: &Arc<CachedToken>) -> bool {
        self.invalidated.if_valid(cached.token(), || self.current.store(Some(Arc::clone(cached))))
    }

    /// Once it is invalidated nobody makes it the token at hand, so only that one can be dropped.
    pub(super) fn invalidate(&self, cached: &CachedToken) {
        if !self.invalidated.insert(cached.token()) {
            return info!("the token was rejected again: a login would grant the same one");
        }
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| self.invalidated.contains(current.token())) {
            info!("the token was rejected: it is dropped");
            self.current.compare_and_swap(&current, None);
        }
    }

    /// Starts a renewal in the background, unless one was started a short while ago.
    pub(super) fn renew_ahead(self: &Arc<Self>, cached: &CachedToken) {
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
        let more = cached.time_left(now).saturating_add(Duration::from_secs(1));
        let flight = Arc::clone(self);
        runtime.spawn(async move {
            info!("the token is renewed ahead of its end");
            let renewed = flight.renew(more).await;
            // If it failed, the token at hand is still good, and somebody tries again later.
            if renewed.is_ok_and(|cached| cached.is_valid_for(more, BootTime::now())) {
                flight.ahead_from.store(0, Ordering::Relaxed);
            }
        });
    }
}

/// What a generation came to, for those who waited meanwhile.
struct Outcome {
    generation: u64,
    /// `None` if it came to a token, which is the one at hand.
    error: Option<Arc<TokenError>>,
    /// The token is good for less than was asked for: there was no better one.
    shorter_than_asked: bool,
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
