//! The runtime behind whatever uses the network.

use std::future::{self, Future};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

/// Runs what uses the network. There is no runtime before, and none where it is not needed.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = of_one_thread();
    let done = runtime.block_on(future);
    // A resolver that is silent cannot be called back; nobody needs to wait for its thread.
    runtime.shutdown_background();
    done
}

/// Starts a thread that runs what is spawned there, until the process ends.
pub(crate) fn worker() -> Handle {
    let runtime = of_one_thread();
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(future::pending::<()>()));
    handle
}

fn of_one_thread() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a timer and a poller")
}
