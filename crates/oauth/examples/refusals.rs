//! Prints `docs/refusals.md`, as the catalogue has it.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(orgtoken_oauth::catalogue::page().as_bytes())
}
