//! Interleavings of callers, one by one: a semaphore controls each point at which another caller
//! can overtake.

use std::sync::atomic::AtomicU32;

use tokio::sync::Semaphore;

use super::numbered::{granted, number};
use crate::source::single_flight::*;

const MINUTE: Duration = Duration::from_secs(60);

/// Returns numbered tokens, each when it is released.
struct Numbered {
    asked: Semaphore,
    granted: Semaphore,
    runs: AtomicU32,
}

impl Renew for Arc<Numbered> {
    async fn run(&self, _: Duration, _: Option<Arc<CachedToken>>, _: &Invalidated) -> Renewed {
        let number = self.runs.fetch_add(1, Ordering::SeqCst);
        self.asked.add_permits(1);
        self.granted.acquire().await.unwrap().forget();
        Ok(Arc::new(granted(number)))
    }
}

fn flight() -> (Arc<SingleFlight<Arc<Numbered>>>, Arc<Numbered>) {
    let gates =
        Numbered { asked: Semaphore::new(0), granted: Semaphore::new(0), runs: AtomicU32::new(0) };
    let gates = Arc::new(gates);
    (Arc::new(SingleFlight::new(Arc::clone(&gates))), gates)
}

#[tokio::test]
async fn token_that_is_invalidated_during_the_login_is_not_returned() {
    let (flight, gates) = flight();
    let asking = spawn({
        let flight = Arc::clone(&flight);
        async move { number(&flight.renew(MINUTE).await.unwrap()) }
    });
    gates.asked.acquire().await.unwrap().forget();
    // Another process has the same token, and the API has rejected it.
    flight.invalidate(&granted(0));
    gates.granted.add_permits(2);
    assert_eq!(asking.await.unwrap(), 1);
    assert_eq!(number(&flight.current().unwrap()), 1);
}

#[tokio::test]
async fn callers_share_a_renewal_that_began_after_their_call() {
    let (flight, gates) = flight();
    let asking: Vec<_> = (0..3)
        .map(|_| {
            let flight = Arc::clone(&flight);
            spawn(async move { number(&flight.renew(MINUTE).await.unwrap()) })
        })
        .collect();
    gates.asked.acquire().await.unwrap().forget();
    tokio::task::yield_now().await;
    gates.granted.add_permits(1);
    for task in asking {
        assert_eq!(task.await.unwrap(), 0);
    }
    gates.granted.add_permits(1);
    assert_eq!(number(&flight.renew(MINUTE).await.unwrap()), 1);
}

#[tokio::test]
async fn renewal_of_a_cancelled_caller_is_used_by_others() {
    let (flight, gates) = flight();
    let mut given_up = Box::pin(flight.renew(MINUTE));
    tokio::select! {
        biased;
        _ = &mut given_up => panic!("nothing was granted yet"),
        permit = gates.asked.acquire() => permit.unwrap().forget(),
    }
    drop(given_up);
    gates.granted.add_permits(1);
    assert_eq!(number(&flight.renew(MINUTE).await.unwrap()), 0);
    assert_eq!(gates.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn invalidation_of_an_older_token_keeps_the_current_one() {
    let (flight, gates) = flight();
    gates.granted.add_permits(2);
    let first = flight.renew(MINUTE).await.unwrap();
    flight.renew(MINUTE).await.unwrap();
    flight.invalidate(&first);
    assert_eq!(number(&flight.current().unwrap()), 1);
}
