//! The current token, and one renewal at a time for all callers.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::TokenError;
use super::invalidated::Invalidated;
use super::sync::{ArcSwapOption, AtomicU64, Handle, Mutex, OwnedMutexGuard, spawn};
use crate::{BootTime, CachedToken};

/// The work of one renewal.
pub(super) trait Renew: Send + Sync + 'static {
    /// Returns a token that is valid for `min_ttl`, or at least one that is still valid. It is not
    /// one that was invalidated before, unless a login has returned it again.
    fn run(
        &self,
        min_ttl: Duration,
        current: Option<Arc<CachedToken>>,
        invalidated: &Invalidated,
    ) -> impl Future<Output = Renewed> + Send;
}

pub(super) type Renewed = Result<Arc<CachedToken>, Arc<TokenError>>;

pub(super) struct SingleFlight<R> {
    current: ArcSwapOption<CachedToken>,
    invalidated: Invalidated,
    /// Its holder renews. It contains the outcome of the last renewal, for callers that waited.
    lock: Arc<Mutex<Option<Outcome>>>,
    generation: AtomicU64,
    /// The earliest start of the next renewal ahead of expiry, in seconds since the machine
    /// started.
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

    /// The current token, which may have expired.
    pub(super) fn current(&self) -> Option<Arc<CachedToken>> {
        self.current.load_full()
    }

    /// Renews the token. One caller at a time gets the lock; the others find its outcome.
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
        // On its own task: if the caller stops waiting, others still wait for the result.
        let leader = spawn(Arc::clone(self).run_leader(lock, min_ttl));
        leader.await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Arc::new(TokenError::Cancelled)),
        })
    }

    /// Renews for all callers, and releases the lock at the end.
    async fn run_leader(
        self: Arc<Self>,
        mut lock: OwnedMutexGuard<Option<Outcome>>,
        min_ttl: Duration,
    ) -> Renewed {
        let mut is_repeated = false;
        let renewed = loop {
            let (current, known) = (self.current.load_full(), self.invalidated.count());
            let renewed = self.renewal.run(min_ttl, current, &self.invalidated).await;
            let Ok(cached) = &renewed else { break renewed };
            if self.put(cached) {
                break renewed;
            }
            // A login that returns a rejected token will do so again, so the caller gets it and the
            // error of the API. A token that was invalidated during the login is replaced once.
            if is_repeated || self.invalidated.is_before(cached.token(), known) {
                warn!("the login returned the rejected token again: the session is the same");
                self.invalidated.readmit(cached.token());
                self.current.store(Some(Arc::clone(cached)));
                break renewed;
            }
            debug!("the token was invalidated during the login");
            is_repeated = true;
        };
        let error = renewed.as_ref().err().cloned();
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        let shorter_than_asked =
            renewed.as_ref().is_ok_and(|cached| !cached.is_valid_for(min_ttl, BootTime::now()));
        *lock = Some(Outcome { generation, error, shorter_than_asked });
        renewed
    }

    /// Returns the result for a caller that waited; `None` if it has to renew.
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

    /// Makes it the current token; `false` if it was invalidated in the meantime.
    fn put(&self, cached: &Arc<CachedToken>) -> bool {
        self.invalidated.if_valid(cached.token(), || self.current.store(Some(Arc::clone(cached))))
    }

    /// Drops a token. An invalidated token cannot become the current one, so a newer one is kept.
    pub(super) fn invalidate(&self, cached: &CachedToken) {
        if !self.invalidated.insert(cached.token()) {
            return info!("the token was rejected again; another login would return the same one");
        }
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| self.invalidated.contains(current.token())) {
            info!("dropping the token, which was rejected");
            self.current.compare_and_swap(&current, None);
        }
    }

    /// Starts a renewal in the background, unless one was started a short time ago.
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
        // Only a token that expires later is better.
        let more = cached.time_left(now).saturating_add(Duration::from_secs(1));
        let flight = Arc::clone(self);
        runtime.spawn(async move {
            info!("renewing the token before it expires");
            let renewed = flight.renew(more).await;
            // If it failed, the current token is still valid, and a later call tries again.
            if renewed.is_ok_and(|cached| cached.is_valid_for(more, BootTime::now())) {
                flight.ahead_from.store(0, Ordering::Relaxed);
            }
        });
    }
}

/// The outcome of a renewal, for callers that waited.
struct Outcome {
    generation: u64,
    /// `None` if there is a token, which is the current one.
    error: Option<Arc<TokenError>>,
    /// Whether the token is valid for less than was requested, because there was no better one.
    shorter_than_asked: bool,
}

/// The pause between two renewals ahead of expiry, if the first one failed.
const AHEAD_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
