//! What shuttle has no piece of.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use arc_swap::Guard;
use shuttle::sync::{Mutex, MutexGuard};

/// As the one of arc-swap; each call may be overtaken before it begins.
#[derive(Debug)]
pub(in crate::source) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    pub(in crate::source) fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub(in crate::source) fn load(&self) -> Guard<Option<Arc<T>>> {
        Guard::from_inner(self.load_full())
    }

    pub(in crate::source) fn load_full(&self) -> Option<Arc<T>> {
        self.locked().clone()
    }

    pub(in crate::source) fn store(&self, new: Option<Arc<T>>) {
        *self.locked() = new;
    }

    pub(in crate::source) fn compare_and_swap(
        &self,
        current: &Guard<Option<Arc<T>>>,
        new: Option<Arc<T>>,
    ) {
        let mut cached = self.locked();
        let address = |cached: &Option<Arc<T>>| cached.as_ref().map(Arc::as_ptr);
        if address(&cached) == address(current) {
            *cached = new;
        }
    }

    /// All tasks run on one thread: one that panics seems to poison what another holds.
    fn locked(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the one of tokio: a panic ends its task and no other. Shuttle's ends the whole test.
pub(in crate::source) fn spawn<F>(
    work: F,
) -> impl Future<Output = Result<F::Output, Panicked>> + Send
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut work = Some(Box::pin(work));
    let task = shuttle_tokio::task::spawn(std::future::poll_fn(move |context| {
        let at_work = work.as_mut().expect("nobody polls what has ended");
        let ended = match catch_unwind(AssertUnwindSafe(|| at_work.as_mut().poll(context))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(Panicked(panic)),
        };
        // Whatever it held is free before anybody hears of its end.
        work = None;
        Poll::Ready(ended)
    }));
    async move { task.await.expect("nobody aborts it") }
}

/// Why a task came to nothing.
#[derive(Debug)]
pub(in crate::source) struct Panicked(Box<dyn Any + Send>);

impl Panicked {
    /// As tokio's, which is an error for a task that was cancelled: none is here.
    pub(in crate::source) fn try_into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        Ok(self.0)
    }
}
