//! A sign of life on a terminal, for work that takes seconds.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::console::Console;

/// Works, and shows that it does where somebody looks on; nothing of it is left behind.
pub(super) fn spin<T>(console: &Console, what: &str, work: impl FnOnce() -> T) -> T {
    if console.json() || !io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = channel::<()>();
    thread::scope(|scope| {
        // Without a thread to spare, the work is done all the same.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            for turn in TURNS.iter().cycle() {
                show(&format!("\r{turn} {what}"));
                if waiting.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            show("\r\x1b[K");
        });
        // Dropped after the work, even if that panics: the other thread ends with it.
        let _done = done;
        work()
    })
}

/// If standard error is gone, nobody is left to be shown anything.
fn show(text: &str) {
    let mut terminal = io::stderr().lock();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

const PAUSE: Duration = Duration::from_millis(100);
const TURNS: [char; 4] = ['|', '/', '-', '\\'];
