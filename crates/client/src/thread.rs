//! Blocking work on a thread of its own.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Runs `work` on a new thread. Unlike `tokio::task::spawn_blocking`, it returns an error where the
/// system has no room for a thread, and does not panic.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new().spawn(move || drop(sender.send(work())))?;
    receiver.await.map_err(|_| io::Error::other("the thread panicked"))
}
