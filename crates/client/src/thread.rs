//! Blocking work on its own thread.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use tokio::sync::oneshot;

/// Runs `work` on a new thread, and propagates its panic. Unlike `tokio::task::spawn_blocking`, it
/// returns an error if the system refuses a thread.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().spawn(move || drop(sender.send(work())))?;
    let Ok(done) = receiver.await else {
        resume_unwind(thread.join().expect_err("work that does not panic sends its result"));
    };
    Ok(done)
}
