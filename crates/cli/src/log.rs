//! `-v`: a line for each step on standard error.

use std::io;

use tracing::Level;

/// Starts telling steps, where someone asked for it. `RUST_LOG` has no say: what is told here was
/// chosen so that it holds no secret.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => Level::INFO,
        _ => Level::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_level(false)
        .with_target(false)
        .without_time()
        .init();
}
