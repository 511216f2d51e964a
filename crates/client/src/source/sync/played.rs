//! Types that shuttle does not provide.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use arc_swap::Guard;
use shuttle::sync::{Mutex, MutexGuard};

/// Like the one of arc-swap; another task may run before each call.
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

    /// All tasks run on one thread, so a panic of one poisons the locks of others.
    fn locked(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Like the one of tokio: a panic ends its task only. Shuttle's ends the test.
pub(in crate::source) fn spawn<F>(
    work: F,
) -> impl Future<Output = Result<F::Output, Panicked>> + Send
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut work = Some(Box::pin(work));
    let task = shuttle_tokio::task::spawn(std::future::poll_fn(move |context| {
        let at_work = work.as_mut().expect("a task that has ended is not polled");
        let ended = match catch_unwind(AssertUnwindSafe(|| at_work.as_mut().poll(context))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(Panicked(panic)),
        };
        // Its locks are released before another task sees its end.
        work = None;
        Poll::Ready(ended)
    }));
    async move { task.await.expect("the task is not aborted") }
}

/// The panic of a task.
#[derive(Debug)]
pub(in crate::source) struct Panicked(Box<dyn Any + Send>);

impl Panicked {
    /// Never fails, unlike `tokio::task::JoinError::try_into_panic`: no task is cancelled here.
    pub(in crate::source) fn try_into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        Ok(self.0)
    }
}
