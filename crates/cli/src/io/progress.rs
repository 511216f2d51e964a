//! Progress bars and spinners on standard error, if it is a terminal.

use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::environment::variable;
use crate::io::console::Console;

/// Returns a bar that counts records. Dropping it clears the line.
pub(crate) fn bar(console: &Console, total: u64) -> ProgressBar {
    shown(console, ProgressBar::new(total), BAR)
}

/// Returns a spinner for work that takes seconds. Dropping it clears the line.
pub(crate) fn spinner(console: &Console, what: String) -> ProgressBar {
    let spinner = shown(console, ProgressBar::new_spinner(), "{spinner} {msg}").with_message(what);
    // indicatif panics if the system refuses a thread.
    let gives_threads = || thread::Builder::new().spawn(|| ()).is_ok();
    if !spinner.is_hidden() && gives_threads() {
        spinner.enable_steady_tick(Duration::from_millis(100));
    }
    spinner
}

fn shown(console: &Console, bar: ProgressBar, template: &str) -> ProgressBar {
    if console.json() || variable("TERM").is_some_and(|terminal| terminal == "dumb") {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    let style = style.progress_chars("# ").tick_chars("|/-\\ ");
    bar.with_style(style).with_finish(ProgressFinish::AndClear)
}

const BAR: &str = "[{bar:20}] {human_pos} of {human_len} records, {per_sec:0}, {eta} left";
