//! The orders in which callers may meet, one by one: a gate stands in each place where a renewal
//! can be overtaken.

use std::sync::atomic::AtomicU32;

use tokio::sync::Semaphore;

use super::numbered::{granted, number};
use super::*;

const MINUTE: Duration = Duration::from_secs(60);

/// Hands out token after token, each as soon as it is let through.
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
async fn b18_a_token_that_is_refused_while_it_is_on_its_way_is_not_handed_out() {
    let (flight, gates) = flight();
    let asking = spawn({
        let flight = Arc::clone(&flight);
        async move { number(&flight.renew(MINUTE).await.unwrap()) }
    });
    gates.asked.acquire().await.unwrap().forget();
    // Another process had it first, and the API has refused it there and here.
    flight.invalidate(&granted(0));
    gates.granted.add_permits(2);
    assert_eq!(asking.await.unwrap(), 1);
    assert_eq!(number(&flight.current().unwrap()), 1);
}

#[tokio::test]
async fn b19_who_asks_during_a_round_takes_what_it_comes_to_and_who_asks_after_it_does_not() {
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
async fn b21_a_caller_that_gave_up_leaves_its_round_to_the_others() {
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
async fn b18_an_invalidation_of_an_older_token_leaves_the_one_at_hand() {
    let (flight, gates) = flight();
    gates.granted.add_permits(2);
    let first = flight.renew(MINUTE).await.unwrap();
    flight.renew(MINUTE).await.unwrap();
    flight.invalidate(&first);
    assert_eq!(number(&flight.current().unwrap()), 1);
}
