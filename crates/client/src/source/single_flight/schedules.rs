//! The orders in which callers may meet, thousands of them, as shuttle plays them: it decides at
//! each lock, each atomic number and each look at the token at hand who goes on.

use std::panic::resume_unwind;
use std::sync::PoisonError;

use shuttle::future::block_on;
use shuttle::{check_pct, check_random};
use shuttle_tokio::task::{JoinHandle, spawn as start, yield_now};

use super::numbered::{self, granted, number};
use super::*;
use crate::Timestamp;
use crate::source::sync::StdMutex;

/// One that keeps what it was granted last, as a store does, and counts what would be logins.
#[derive(Default)]
struct Desk {
    kept: StdMutex<Option<Arc<CachedToken>>>,
    logins: StdMutex<u32>,
    /// The first login ends the task.
    is_clumsy: bool,
}

impl Desk {
    fn logins(&self) -> u32 {
        *locked(&self.logins)
    }

    fn log_in(&self) -> u32 {
        let mut logins = locked(&self.logins);
        *logins += 1;
        *logins
    }
}

impl Renew for Arc<Desk> {
    async fn run(
        &self,
        min_ttl: Duration,
        _: Option<Arc<CachedToken>>,
        invalidated: &Invalidated,
    ) -> Renewed {
        let kept =
            locked(&self.kept).clone().filter(|cached| !invalidated.contains(cached.token()));
        if let Some(kept) = kept.filter(|cached| cached.is_valid_for(min_ttl, BootTime::now())) {
            return Ok(kept);
        }
        let number = self.log_in();
        yield_now().await;
        if self.is_clumsy && number == 1 {
            // Without the hook: shuttle's would take it for the end of the test.
            resume_unwind(Box::new("the first one drops it"));
        }
        let cached = Arc::new(granted(number));
        *locked(&self.kept) = Some(Arc::clone(&cached));
        Ok(cached)
    }
}

/// All tasks run on one thread: one that panics seems to poison what another holds.
fn locked<T>(mutex: &StdMutex<T>) -> shuttle::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = Arc<SingleFlight<Arc<Desk>>>;

fn flight(desk: Desk) -> Shared {
    Arc::new(SingleFlight::new(Arc::new(desk)))
}

/// With a token at hand that is due for renewal.
fn with_old_token() -> (Shared, Arc<CachedToken>) {
    let (flight, old) = (flight(Desk::default()), Arc::new(almost_ended(0)));
    *locked(&flight.renewal.kept) = Some(Arc::clone(&old));
    flight.current.store(Some(Arc::clone(&old)));
    (flight, old)
}

/// One that has lived 91 s of 100: it is served, and due for renewal.
fn almost_ended(number: u32) -> CachedToken {
    let now = Timestamp::now();
    let boot = now.boot.since_start().saturating_sub(Duration::from_secs(91));
    let then = Timestamp { boot: BootTime::from_duration(boot), ..now };
    CachedToken::new(numbered::token(number).lifetime(Duration::from_secs(100)), then)
}

/// As `TokenSource::token` has it.
async fn token(flight: &Shared) -> u32 {
    let at_hand = flight.current().filter(|cached| cached.is_valid_for(MINUTE, BootTime::now()));
    match at_hand {
        Some(cached) => number(&cached),
        None => number(&flight.renew(MINUTE).await.unwrap()),
    }
}

fn asking(flight: &Shared) -> JoinHandle<u32> {
    let flight = Arc::clone(flight);
    start(async move { token(&flight).await })
}

/// In random orders, and in those that a few well placed interruptions make.
fn check(scene: fn()) {
    check_random(scene, SCHEDULES);
    check_pct(scene, SCHEDULES, INTERRUPTIONS);
}

#[test]
fn b17_of_all_that_see_a_token_near_its_end_one_renews_it() {
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
fn b19_cold_callers_log_in_once() {
    check(|| {
        let flight = flight(Desk::default());
        let asking: Vec<_> = (0..4).map(|_| asking(&flight)).collect();
        for task in asking {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn b21_who_gives_up_takes_nothing_from_the_others() {
    check(|| {
        let flight = flight(Desk::default());
        let asking: Vec<_> = (0..4).map(|_| asking(&flight)).collect();
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
fn b21_when_the_leader_panics_one_of_the_others_leads() {
    check(|| {
        let flight = flight(Desk { is_clumsy: true, ..Desk::default() });
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
fn b18_a_dead_token_never_comes_back_and_costs_one_login() {
    check(|| {
        let flight = flight(Desk::default());
        let refused = |flight: &Shared| {
            let flight = Arc::clone(flight);
            start(async move {
                let cached = flight.renew(MINUTE).await.unwrap();
                // The first token is the one that the API refuses.
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
fn b18_a_token_that_is_refused_on_its_way_is_not_put_at_hand() {
    check(|| {
        let flight = flight(Desk::default());
        let asking: Vec<_> = (0..2).map(|_| asking(&flight)).collect();
        // Another process got the same token while this login was in progress.
        let elsewhere = start({
            let flight = Arc::clone(&flight);
            async move {
                while flight.renewal.logins() == 0 {
                    yield_now().await;
                }
                flight.invalidate(&granted(1));
            }
        });
        block_on(elsewhere).unwrap();
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
fn a_token_that_a_login_grants_after_its_invalidation_is_handed_out_for_one_login() {
    check(|| {
        let flight = flight(Desk::default());
        flight.invalidate(&granted(1));
        let asking: Vec<_> = (0..3).map(|_| asking(&flight)).collect();
        for task in asking {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        // The API rejects it again: another login would not help.
        flight.invalidate(&granted(1));
        assert_eq!(block_on(token(&flight)), 1);
        assert_eq!(flight.renewal.logins(), 1);
    });
}

#[test]
fn b18_who_is_late_to_invalidate_leaves_the_new_token_alone() {
    check(|| {
        let (flight, old) = with_old_token();
        let late = start({
            let flight = Arc::clone(&flight);
            async move { flight.invalidate(&old) }
        });
        let asking: Vec<_> = (0..2).map(|_| asking(&flight)).collect();
        block_on(late).unwrap();
        let given: Vec<_> = asking.into_iter().map(|task| block_on(task).unwrap()).collect();
        assert!(given.contains(&1), "who waits takes the old one, who leads the new one");
        assert_eq!(number(&flight.current().unwrap()), 1);
        assert_eq!(flight.renewal.logins(), 1);
    });
}

const MINUTE: Duration = Duration::from_secs(60);

/// Of each kind, for each scene.
const SCHEDULES: usize = 1_000;

const INTERRUPTIONS: usize = 3;
