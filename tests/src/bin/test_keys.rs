//! Creates the table of test keys: `test-keys FOLDER`.
#![forbid(unsafe_code)]

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("name the folder to write to")?;
    let folder = Path::new(&folder);
    let began = Instant::now();
    let (files, new) = conformance::keys::make(folder)?;
    let (word, folder, took) =
        (if new { "made" } else { "kept" }, folder.display(), began.elapsed().as_secs_f32());
    Ok(writeln!(io::stdout(), "test keys: {word} {files} in {folder} ({took:.1} s)")?)
}
