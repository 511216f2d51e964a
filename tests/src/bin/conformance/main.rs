//! Vectors, and the program against the fake org: `conformance [WORD…]` runs the cases whose
//! names hold one of the words, prints each, and ends on `N passed, N failed`.
#![forbid(unsafe_code)]

mod api;
mod hostile;
mod keys;
mod memory;
mod outputs;
mod refusals;
mod secrecy;

use std::process::ExitCode;

use anyhow::Result;
use conformance::cases::Cases;

fn main() -> Result<ExitCode> {
    let mut cases = Cases::new(std::env::args().skip(1).collect());
    keys::run(&mut cases)?;
    outputs::run(&mut cases)?;
    api::run(&mut cases)?;
    refusals::run(&mut cases)?;
    hostile::run(&mut cases)?;
    secrecy::run(&mut cases)?;
    memory::run(&mut cases)?;
    Ok(cases.end())
}
