//! A line of progress on standard error, if that is a terminal.
//!
//! The crate `indicatif` would make every start load libm, for the average of its rate.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::environment::variable;
use crate::io::look::Look;
use crate::io::table::cut;
use crate::io::text::duration;

/// The progress of a command. Dropping it clears the line.
pub(crate) struct Progress {
    is_shown: bool,
    /// The time and the number of the first record.
    start: Option<(Instant, u64)>,
}

impl Progress {
    /// `is_wanted` is false if the output of the command leaves no place for a line of progress.
    pub(crate) fn new(is_wanted: bool) -> Self {
        let is_dumb = || variable("TERM").is_some_and(|terminal| terminal == "dumb");
        let is_shown = is_wanted && Look::stderr().width().is_some() && !is_dumb();
        Self { is_shown, start: None }
    }

    /// Shows a text.
    pub(crate) fn show(&self, text: &str) {
        // A terminal that was closed has no width.
        if let Some(width) = Look::stderr().width().filter(|_| self.is_shown) {
            let mut line = line();
            // A terminal that has written its last column may break the line.
            *line = cut(text, width - 1);
            draw(&line);
        }
    }

    /// Shows a number of records, with the rate and the time that is left.
    pub(crate) fn count(&mut self, done: u64, total: u64) {
        let (start, first) = *self.start.get_or_insert_with(|| (Instant::now(), done));
        let rate = done.saturating_sub(first) / start.elapsed().as_secs().max(1);
        let shown = format!("{done} of {total} records");
        match total.saturating_sub(done).checked_div(rate) {
            None => self.show(&shown),
            Some(left) => self.show(&format!("{shown}, {rate}/s, {} left", duration(left))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        hide();
    }
}

/// Hides the line until the progress changes.
pub(crate) fn hide() {
    let mut line = line();
    if !line.is_empty() {
        line.clear();
        draw("");
    }
}

/// Runs a function that writes to the terminal without the line.
pub(crate) fn suspended<T>(write: impl FnOnce() -> T) -> T {
    let line = line();
    if line.is_empty() {
        return write();
    }
    draw("");
    let written = write();
    draw(&line);
    written
}

/// Locks the line that the terminal shows. It is empty while nothing is shown.
fn line() -> MutexGuard<'static, String> {
    static LINE: Mutex<String> = Mutex::new(String::new());
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the line of the cursor.
fn draw(line: &str) {
    let _ = io::stderr().lock().write_all(format!("\r{line}\x1b[K").as_bytes());
}
