use std::future::ready;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{BoxFuture, Holder, Lease, State, TokenCache};

/// The state of a login in this process, for as long as it runs.
#[derive(Debug, Default)]
pub struct MemoryCache(Mutex<State>);

impl TokenCache for MemoryCache {
    fn load(&self) -> BoxFuture<'_, State> {
        Box::pin(ready(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }

    /// The source that uses this cache lets one task log in at a time.
    fn lease(&self, _: Duration) -> BoxFuture<'_, Lease> {
        Box::pin(ready(Lease(Holder::Memory)))
    }

    fn save<'a>(&'a self, state: &'a State, _: &'a Lease) -> BoxFuture<'a, ()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state.clone();
        Box::pin(ready(()))
    }
}
