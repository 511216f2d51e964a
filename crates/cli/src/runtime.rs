//! The runtime behind whatever uses the network.

use std::future::{self, Future};
use std::pin::{Pin, pin};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

/// Runs what uses the network. There is no runtime before, and none where it is not needed.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = of_one_thread();
    let mut done = None;
    run(&runtime, pin!(async { done = Some(future.await) }));
    // A resolver that is silent cannot be called back; nobody needs to wait for its thread.
    runtime.shutdown_background();
    done.expect("it was run to its end")
}

/// Starts a thread that runs what is spawned there, until the process ends.
pub(crate) fn worker() -> Handle {
    let runtime = of_one_thread();
    let handle = runtime.handle().clone();
    thread::spawn(move || run(&runtime, pin!(future::pending())));
    handle
}

/// What it takes to run a future is much, and so it is in the program once, not once for each.
fn run(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

fn of_one_thread() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a timer and a poller")
}
