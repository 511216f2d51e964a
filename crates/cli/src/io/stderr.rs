//! Standard error. A service writes in the background, so that a stalled reader does not stop it.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
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
    let taken = queue.try_send(Message::Lines(lines.into())).is_ok();
    if !taken {
        DROPPED.fetch_add(1, Relaxed);
    }
    taken
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
    let Some(queue) = QUEUE.get() else { return };
    let until = Instant::now() + FLUSH_TIMEOUT;
    let (done, written) = sync_channel(1);
    let mut message = Message::Flush(done);
    while let Err(TrySendError::Full(unsent)) = queue.try_send(message) {
        if Instant::now() >= until {
            return;
        }
        thread::sleep(Duration::from_millis(10));
        message = unsent;
    }
    let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
}

/// Writes queued lines in as few calls as possible.
fn write_all(messages: &Receiver<Message>) {
    let mut buffer = Vec::new();
    while let Ok(message) = messages.recv() {
        let mut flushed = Vec::new();
        for message in std::iter::once(message).chain(messages.try_iter().take(CAPACITY)) {
            match message {
                Message::Lines(lines) => buffer.extend_from_slice(&lines),
                Message::Flush(done) => flushed.push(done),
            }
        }
        let dropped = DROPPED.swap(0, Relaxed);
        if dropped > 0 {
            let _ = writeln!(buffer, "warning: {dropped} lines dropped: standard error was full");
        }
        let _ = io::stderr().lock().write_all(&buffer);
        buffer.clear();
        for done in flushed {
            let _ = done.try_send(());
        }
        // Waking this thread for each line doubles the processor time of a cached token.
        thread::sleep(BATCH_INTERVAL);
    }
}

enum Message {
    Lines(Box<[u8]>),
    Flush(SyncSender<()>),
}

static QUEUE: OnceLock<SyncSender<Message>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// In messages: about 400 KiB of audit lines.
const CAPACITY: usize = 4096;

/// The pause between two writes. The queue takes far longer to fill.
const BATCH_INTERVAL: Duration = Duration::from_millis(10);

const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
