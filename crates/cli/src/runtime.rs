//! The runtime behind whatever uses the network.

use std::future::Future;

use tokio::runtime::Builder;

/// Runs what uses the network. There is no runtime before, and none where it is not needed.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a thread, a timer and a poller");
    let done = runtime.block_on(future);
    // A resolver that is silent cannot be called back; nobody needs to wait for its thread.
    runtime.shutdown_background();
    done
}
