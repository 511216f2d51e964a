//! How far a long command has come, for somebody who watches.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::console::Console;

/// One line on standard error that is written over and over; nothing where nobody watches.
pub(crate) struct Progress {
    shown: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// `busy` is whether the result itself goes to the screen, which says enough.
    pub(crate) fn new(console: &Console, busy: bool) -> Self {
        Self { shown: !console.json() && !busy && io::stderr().is_terminal(), drawn: None }
    }

    /// Says `done` of `total` `things`, a few times a second.
    pub(crate) fn at(&mut self, done: u64, total: Option<u64>, things: &str) {
        let fresh = self.drawn.is_some_and(|drawn| drawn.elapsed() < OFTEN);
        if !self.shown || fresh {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = match total.filter(|total| *total > 0) {
            Some(total) => format!("{} {done} of {total} {things}", bar(done, total)),
            None => format!("{done} {things}"),
        };
        // If standard error is gone, nobody is left to be told.
        let _ = write!(io::stderr().lock(), "\r\u{1b}[K{line}");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

fn bar(done: u64, total: u64) -> String {
    let full =
        usize::try_from(done.min(total).saturating_mul(WIDTH as u64) / total).unwrap_or(WIDTH);
    format!("[{}{}]", "#".repeat(full), " ".repeat(WIDTH - full))
}

const OFTEN: Duration = Duration::from_millis(100);
const WIDTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up() {
        for (done, total, full) in [(0, 10, 0), (5, 10, 12), (10, 10, 24), (11, 10, 24)] {
            let bar = bar(done, total);
            assert_eq!((bar.len(), bar.matches('#').count()), (26, full), "{done} of {total}");
        }
    }
}
