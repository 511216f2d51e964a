//! `cargo xtask test-keys`: the table of keys that tests read.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::build;

pub(crate) fn test_keys(sh: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    let out = match arguments {
        [] => build::target_folder(sh)?.join("test-keys"),
        ["--out", folder] => folder.into(),
        _ => bail!("test-keys takes nothing but `--out DIR`"),
    };
    let maker = cmd!(sh, "cargo run --quiet --package conformance --bin test-keys -- {out}");
    build::run(&mut Command::from(maker))?;
    Ok(ExitCode::SUCCESS)
}
