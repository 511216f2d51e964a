use std::future::poll_fn;
use std::pin::pin;

/// Runs `task` on this thread while `work` waits.
///
/// It runs at the second wait of `work`: the first is for TCP, and the second for the host's part
/// of the TLS handshake, which takes longest. If `work` waits less, it runs at the end. A different
/// number of waits in `work` only costs the overlap.
pub(super) async fn meanwhile<T, U>(
    work: impl Future<Output = T>,
    task: impl FnOnce() -> U,
) -> (T, U) {
    let (mut work, mut task, mut done) = (pin!(work), Some(task), None);
    let mut waits = 0;
    let result = poll_fn(|cx| {
        let poll = work.as_mut().poll(cx);
        waits += 1;
        if (poll.is_ready() || waits == 2)
            && let Some(task) = task.take()
        {
            done = Some(task());
        }
        poll
    });
    let result = result.await;
    (result, done.expect("the task runs at the end at the latest"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::task::yield_now;

    use super::meanwhile;

    #[tokio::test]
    async fn task_runs_once_at_the_second_wait_or_at_the_end() {
        for (waits, before) in [(0, 0), (1, 1), (2, 1), (3, 1)] {
            let (waited, at) = (Cell::new(0), Cell::new(None));
            let work = async {
                for _ in 0..waits {
                    yield_now().await;
                    waited.set(waited.get() + 1);
                }
                "connected"
            };
            let task = || {
                assert_eq!(at.replace(Some(waited.get())), None, "it is done once");
                "signed"
            };
            assert_eq!(meanwhile(work, task).await, ("connected", "signed"));
            assert_eq!(at.get(), Some(before), "{waits} waits");
        }
    }
}
