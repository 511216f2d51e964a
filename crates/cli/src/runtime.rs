//! The tokio runtime of commands that use the network.

use std::borrow::Cow;
use std::future::{self, Future};
use std::io;
use std::os::unix::net::UnixStream;
use std::thread;

use orgtoken_assertion::Diagnostic;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::failure::Failure;

/// Runs a future that uses the network. There is no runtime before.
pub(crate) fn wait_for<T, E>(future: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let runtime = single_threaded()?;
    let result = runtime.block_on(future);
    // A resolver that does not answer cannot be interrupted: its thread is left behind.
    runtime.shutdown_background();
    Ok(result?)
}

/// Starts a thread that runs what is spawned there, until the process ends.
pub(crate) fn worker() -> Result<Handle, RuntimeError> {
    let runtime = single_threaded()?;
    let handle = runtime.handle().clone();
    let work = move || runtime.block_on(future::pending::<()>());
    thread::Builder::new().name("worker".into()).spawn(work).map_err(RuntimeError)?;
    Ok(handle)
}

/// tokio panics where a descriptor is refused, so some are tried first. It would panic where a thread
/// is refused, too: so there is no `spawn_blocking` in this program.
fn single_threaded() -> Result<Runtime, RuntimeError> {
    let spare: io::Result<Vec<_>> = (0..DESCRIPTOR_PAIRS).map(|_| UnixStream::pair()).collect();
    drop(spare.map_err(RuntimeError)?);
    Builder::new_current_thread().enable_all().build().map_err(RuntimeError)
}

/// The process cannot start a thread or open a descriptor.
#[derive(Debug, thiserror::Error)]
#[error("cannot start: the system refuses a thread or a descriptor")]
pub(crate) struct RuntimeError(#[source] pub(crate) io::Error);

impl Diagnostic for RuntimeError {
    fn code(&self) -> &str {
        "io.resources"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some("raise the limits of processes and of open files (`ulimit -u`, `ulimit -n`)".into())
    }
}

/// A poller, its waker, a pipe for signals and a copy of its end.
const DESCRIPTOR_PAIRS: usize = 3;
