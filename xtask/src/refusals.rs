//! `cargo xtask refusals`: writes `docs/refusals.md` anew from the catalogue in `orgtoken-oauth`.

use std::process::ExitCode;

use anyhow::Result;
use xshell::{Shell, cmd};

pub(crate) fn refusals(sh: &Shell) -> Result<ExitCode> {
    let page = cmd!(sh, "cargo run --quiet --package orgtoken-oauth --example refusals").read()?;
    sh.write_file("docs/refusals.md", page + "\n")?;
    Ok(ExitCode::SUCCESS)
}
