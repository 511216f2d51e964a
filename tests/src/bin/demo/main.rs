//! The main job from key to record, on an org that fits on a laptop: `demo [--keep]`.
//!
//! It runs the real `orgtoken`, tells what it does in a screenful, and ends well only if all of it
//! happened: each answer is looked at, and the org is asked what it saw.
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
        _ => bail!("demo takes nothing but `--keep`"),
    };
    let test = story::tell()?;
    if keep { keep::keep(test) } else { Ok(()) }
}
