//! The main job, from key to record, on a fake org: `demo [--keep]`.
//!
//! It runs `orgtoken`, shows each command, and fails if a result or the requests that the org saw
//! are not as expected.
#![forbid(unsafe_code)]

mod keep;
mod shell;
mod story;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--keep"] => true,
        _ => bail!("the only argument of demo is `--keep`"),
    };
    let org = story::tell()?;
    if keep { keep::keep(org) } else { Ok(()) }
}
