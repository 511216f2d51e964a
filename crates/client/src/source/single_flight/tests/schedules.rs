//! Thousands of interleavings of callers. shuttle decides which task continues at each lock, each
//! atomic operation and each read of the current token.

use std::panic::resume_unwind;
use std::sync::PoisonError;

use shuttle::future::block_on;
use shuttle::{check_pct, check_random};
use shuttle_tokio::task::{JoinHandle, spawn as start, yield_now};

use super::numbered::{self, granted, number};
use crate::Timestamp;
use crate::source::single_flight::*;
use crate::source::sync::StdMutex;

/// A renewal that caches its token, and counts logins.
#[derive(Default)]
struct Counter {
    saved: StdMutex<Option<Arc<CachedToken>>>,
    logins: StdMutex<u32>,
    /// Whether the first login panics.
    panics_first: bool,
}

impl Counter {
    fn logins(&self) -> u32 {
        *locked(&self.logins)
    }

    fn log_in(&self) -> u32 {
        let mut logins = locked(&self.logins);
        *logins += 1;
        *logins
    }
}

impl Renew for Arc<Counter> {
    async fn run(
        &self,
        min_ttl: Duration,
        _: Option<Arc<CachedToken>>,
        invalidated: &Invalidated,
    ) -> Renewed {
        let saved =
            locked(&self.saved).clone().filter(|cached| !invalidated.contains(cached.token()));
        if let Some(saved) = saved.filter(|cached| cached.is_valid_for(min_ttl, BootTime::now())) {
            return Ok(saved);
        }
        let number = self.log_in();
        yield_now().await;
        if self.panics_first && number == 1 {
            // Without the panic hook: shuttle's would end the test.
            resume_unwind(Box::new("the first login panics"));
        }
        let cached = Arc::new(granted(number));
        *locked(&self.saved) = Some(Arc::clone(&cached));
        Ok(cached)
    }
}

/// All tasks run on one thread, so a panic of one poisons the locks of others.
fn locked<T>(mutex: &StdMutex<T>) -> shuttle::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = Arc<SingleFlight<Arc<Counter>>>;

fn flight(counter: Counter) -> Shared {
    Arc::new(SingleFlight::new(Arc::new(counter)))
}

/// A flight whose token is due for renewal.
fn with_old_token() -> (Shared, Arc<CachedToken>) {
    let (flight, old) = (flight(Counter::default()), Arc::new(almost_ended(0)));
    *locked(&flight.renewal.saved) = Some(Arc::clone(&old));
    flight.current.store(Some(Arc::clone(&old)));
    (flight, old)
}

/// A token after 91 s of 100: it is served, and due for renewal.
fn almost_ended(number: u32) -> CachedToken {
    let now = Timestamp::now();
    let boot = now.boot.since_start().saturating_sub(Duration::from_secs(91));
    let then = Timestamp { boot: BootTime::from_duration(boot), ..now };
    CachedToken::new(numbered::token(number).lifetime(Duration::from_secs(100)), then)
}

/// Like `TokenSource::token`.
async fn token(flight: &Shared) -> u32 {
    let current = flight.current().filter(|cached| cached.is_valid_for(MINUTE, BootTime::now()));
    match current {
        Some(cached) => number(&cached),
        None => number(&flight.renew(MINUTE).await.unwrap()),
    }
}

fn asking(flight: &Shared) -> JoinHandle<u32> {
    let flight = Arc::clone(flight);
    start(async move { token(&flight).await })
}

fn all_asking(flight: &Shared, callers: usize) -> Vec<JoinHandle<u32>> {
    (0..callers).map(|_| asking(flight)).collect()
}

/// Runs a test in random interleavings, and in those of a few well placed preemptions.
fn check(scene: fn()) {
    check_random(scene, SCHEDULES);
    check_pct(scene, SCHEDULES, INTERRUPTIONS);
}

#[test]
fn one_caller_renews_ahead_of_expiry() {
    check(|| {
        let (flight, _) = with_old_token();
        let looking: Vec<_> = (0..3)
            .map(|_| {
                let flight = Arc::clone(&flight);
                start(async move { flight.renew_ahead(&flight.current().unwrap()) })
            })
            .collect();
        for task in looking {
            block_on(task).unwrap();
        }
        block_on(async {
            while number(&flight.current().unwrap()) == 0 {
                yield_now().await;
            }
        });
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn concurrent_callers_log_in_once() {
    check(|| {
        let flight = flight(Counter::default());
        for task in all_asking(&flight, 4) {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn cancelled_caller_does_not_cancel_the_login() {
    check(|| {
        let flight = flight(Counter::default());
        let asking = all_asking(&flight, 4);
        asking[0].abort();
        asking[2].abort();
        for (place, task) in asking.into_iter().enumerate() {
            match block_on(task) {
                Ok(token) => assert_eq!(token, 1),
                Err(error) => assert!(error.is_cancelled() && place % 2 == 0, "{error}"),
            }
        }
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn waiter_takes_over_after_a_panic() {
    check(|| {
        let flight = flight(Counter { panics_first: true, ..Counter::default() });
        let ask = |flight: &Shared| {
            let flight = Arc::clone(flight);
            spawn(async move { token(&flight).await })
        };
        let asking: Vec<_> = (0..4).map(|_| ask(&flight)).collect();
        let ended: Vec<_> = asking.into_iter().map(block_on).collect();
        assert_eq!(ended.iter().filter(|ended| ended.is_err()).count(), 1);
        assert!(ended.into_iter().flatten().all(|token| token == 2));
        assert_eq!(flight.renewal.logins(), 2);
    });
}

#[test]
fn rejected_token_is_not_returned_again_and_costs_one_login() {
    check(|| {
        let flight = flight(Counter::default());
        let refused = |flight: &Shared| {
            let flight = Arc::clone(flight);
            start(async move {
                let cached = flight.renew(MINUTE).await.unwrap();
                // The API rejects the first token.
                if number(&cached) == 1 {
                    flight.invalidate(&cached);
                    assert_ne!(token(&flight).await, 1);
                }
            })
        };
        let asking: Vec<_> = (0..3).map(|_| refused(&flight)).collect();
        for task in asking {
            block_on(task).unwrap();
        }
        assert_eq!(number(&flight.current().unwrap()), 2);
        assert_eq!(flight.renewal.logins(), 2);
    });
}

#[test]
fn token_that_is_invalidated_during_the_login_is_not_stored() {
    check(|| {
        let flight = flight(Counter::default());
        let asking = all_asking(&flight, 2);
        // Another process got the same token during this login.
        let other_process = start({
            let flight = Arc::clone(&flight);
            async move {
                while flight.renewal.logins() == 0 {
                    yield_now().await;
                }
                flight.invalidate(&granted(1));
            }
        });
        block_on(other_process).unwrap();
        assert!(flight.current().is_none_or(|cached| number(&cached) != 1));
        for task in asking {
            block_on(task).unwrap();
        }
        assert!(flight.current().is_none_or(|cached| number(&cached) != 1));
        assert_eq!(block_on(token(&flight)), 2);
        assert_eq!(flight.renewal.logins(), 2);
    });
}

#[test]
fn same_token_after_invalidation_is_returned_without_another_login() {
    check(|| {
        let flight = flight(Counter::default());
        flight.invalidate(&granted(1));
        for task in all_asking(&flight, 3) {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        // The API rejects it again: another login would not help.
        flight.invalidate(&granted(1));
        assert_eq!(block_on(token(&flight)), 1);
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn late_invalidation_keeps_the_newer_token() {
    check(|| {
        let (flight, old) = with_old_token();
        let late = start({
            let flight = Arc::clone(&flight);
            async move { flight.invalidate(&old) }
        });
        let asking = all_asking(&flight, 2);
        block_on(late).unwrap();
        let given: Vec<_> = asking.into_iter().map(|task| block_on(task).unwrap()).collect();
        assert!(
            given.contains(&1),
            "the caller that logs in gets the new token, another may get the old one"
        );
        assert_eq!(number(&flight.current().unwrap()), 1);
        assert_eq!(flight.renewal.logins(), 1);
    });
}

const MINUTE: Duration = Duration::from_secs(60);

/// For each test and each kind of interleaving.
const SCHEDULES: usize = 1_000;

const INTERRUPTIONS: usize = 3;
