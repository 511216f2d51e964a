//! Responses that wait until a test releases them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// The holds that responses wait for.
#[derive(Default)]
pub(crate) struct Gate(Mutex<Vec<Arc<Barrier>>>);

struct Barrier {
    prefix: String,
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

/// Holds back every response to a path until it is dropped. Requests are still read and recorded.
///
/// A test does not have to sleep: it waits for requests with [`Hold::arrived`] or [`Hold::wait`],
/// continues, and drops the hold.
pub struct Hold(Arc<Barrier>);

impl Gate {
    /// Holds back responses to paths with this prefix.
    pub(crate) fn hold(&self, prefix: &str) -> Hold {
        let barrier = Arc::new(Barrier {
            prefix: prefix.to_owned(),
            waiting: watch::Sender::new(0),
            open: watch::Sender::new(false),
        });
        let mut barriers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        barriers.retain(|barrier| !*barrier.open.borrow());
        barriers.push(Arc::clone(&barrier));
        Hold(barrier)
    }

    /// Waits for every hold on the path.
    pub(crate) async fn pass(&self, path: &str) {
        let barriers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for barrier in barriers.iter().filter(|barrier| path.starts_with(&barrier.prefix)) {
            barrier.waiting.send_modify(|waiting| *waiting += 1);
            // The barrier owns the sender, so this ends only when it opens.
            let _ = barrier.open.subscribe().wait_for(|&open| open).await;
        }
    }
}

impl Hold {
    /// Returns the number of requests since the hold began.
    pub fn count(&self) -> usize {
        *self.0.waiting.borrow()
    }

    /// Waits for at least this number of requests. Works in any runtime.
    pub async fn arrived(&self, requests: usize) {
        let _ = self.0.waiting.subscribe().wait_for(|&waiting| waiting >= requests).await;
    }

    /// Blocks the thread until there were at least this number of requests.
    ///
    /// # Panics
    /// If they have not arrived within a minute, for example because the client has failed, or if
    /// the system has no resources for a timer.
    #[track_caller]
    pub fn wait(&self, requests: usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime for the timer");
        let arrived = async { timeout(LONGEST_WAIT, self.arrived(requests)).await };
        assert!(runtime.block_on(arrived).is_ok(), "no request {requests}: {self:?}");
    }

    /// Releases the responses, like dropping the hold.
    pub fn release(self) {
        drop(self);
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hold({}, {} waiting)", self.0.prefix, self.count())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.open.send_replace(true);
    }
}

/// So that a client that fails early does not block its test for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
