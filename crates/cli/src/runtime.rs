//! The tokio runtime of commands that use the network.

pub(crate) mod interrupts;

use std::borrow::Cow;
use std::future::{self, Future};
use std::io;
use std::os::unix::net::UnixStream;
use std::thread;

use orgtoken_assertion::Diagnostic;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::failure::Failure;

/// Runs a future on a new runtime.
pub(crate) fn wait_for<T, E>(future: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let runtime = single_threaded()?;
    let result = runtime.block_on(future);
    // The thread of a resolver that does not answer cannot be interrupted, so it is left behind.
    runtime.shutdown_background();
    Ok(result?)
}

/// Starts a thread that runs spawned tasks until the process ends.
pub(crate) fn worker() -> Result<Handle, RuntimeError> {
    let runtime = single_threaded()?;
    let handle = runtime.handle().clone();
    let work = move || runtime.block_on(future::pending::<()>());
    thread::Builder::new().name("worker".into()).spawn(work).map_err(RuntimeError)?;
    Ok(handle)
}

/// Returns a runtime of the current thread.
///
/// tokio panics if the system refuses a descriptor, so some are opened and closed first. It panics
/// if the system refuses a thread as well, so this program never calls `spawn_blocking`.
fn single_threaded() -> Result<Runtime, RuntimeError> {
    let spare: io::Result<Vec<_>> = (0..DESCRIPTOR_PAIRS).map(|_| UnixStream::pair()).collect();
    drop(spare.map_err(RuntimeError)?);
    Builder::new_current_thread().enable_all().build().map_err(RuntimeError)
}

/// The process cannot start a thread or open a descriptor.
#[derive(Debug, thiserror::Error)]
#[error("the system refuses a thread or a file descriptor")]
pub(crate) struct RuntimeError(#[source] pub(crate) io::Error);

impl Diagnostic for RuntimeError {
    fn code(&self) -> &str {
        "io.resources"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some("raise the limits of processes and of open files (`ulimit -u`, `ulimit -n`)".into())
    }
}

/// A poller and its waker; a pipe for signals, and a copy of one end.
const DESCRIPTOR_PAIRS: usize = 3;
