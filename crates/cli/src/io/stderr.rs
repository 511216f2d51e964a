//! Standard error. A service writes in the background, so that a stalled reader does not stop it.

use std::io::{self, Write};
use std::iter;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::io::progress;

/// Writes whole lines. Returns `false` if a full queue in the background drops them.
pub(crate) fn write(lines: &[u8]) -> bool {
    let Some(queue) = QUEUE.get() else {
        // Ignore a closed stderr.
        let _ = progress::suspended(|| io::stderr().lock().write_all(lines));
        return true;
    };
    QUEUED.fetch_add(1, Relaxed);
    let is_taken = queue.try_send(lines.into()).is_ok();
    if !is_taken {
        QUEUED.fetch_sub(1, Relaxed);
        DROPPED.fetch_add(1, Relaxed);
    }
    is_taken
}

/// Moves the writing to a thread of its own.
pub(crate) fn write_in_background() -> io::Result<()> {
    let (queue, messages) = sync_channel(CAPACITY);
    thread::Builder::new().name("stderr".into()).spawn(move || write_all(&messages))?;
    // It fails only on a second call.
    let _ = QUEUE.set(queue);
    Ok(())
}

/// Waits until all lines are written, for at most a second.
pub(crate) fn flush() {
    let until = Instant::now() + FLUSH_TIMEOUT;
    while QUEUED.load(Relaxed) > 0 && Instant::now() < until {
        thread::sleep(BATCH_INTERVAL);
    }
}

/// Writes queued lines in as few calls as possible.
fn write_all(queue: &Receiver<Box<[u8]>>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<_> = iter::once(first).chain(queue.try_iter().take(CAPACITY)).collect();
        let mut lines = batch.concat();
        let dropped = DROPPED.swap(0, Relaxed);
        if dropped > 0 {
            let _ = writeln!(lines, "warning: {dropped} lines dropped: standard error was full");
        }
        let _ = io::stderr().lock().write_all(&lines);
        QUEUED.fetch_sub(batch.len(), Relaxed);
        // Waking this thread for each line doubles the processor time of a cached token.
        thread::sleep(BATCH_INTERVAL);
    }
}

static QUEUE: OnceLock<SyncSender<Box<[u8]>>> = OnceLock::new();
/// The number of messages that are not written yet.
static QUEUED: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// In messages: about 400 KiB of audit lines.
const CAPACITY: usize = 4096;

/// The pause between two writes. The queue takes far longer to fill.
const BATCH_INTERVAL: Duration = Duration::from_millis(10);

const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
