//! `cargo xtask dist`: the program without a loader, for hosts that have nothing.

use std::process::ExitCode;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::build;

/// A static program starts in half the time: nothing is looked up before `main`.
pub(crate) fn dist(sh: &Shell) -> Result<ExitCode> {
    let folder = build::target_folder(sh)?.join("dist");
    let rustc = ["--", "-C", "target-feature=+crt-static"];
    cmd!(
        sh,
        "cargo rustc --locked --release -p orgtoken --bin orgtoken --target-dir {folder} {rustc...}"
    )
    .run()?;
    let program = folder.join("release/orgtoken");
    let len = program.metadata()?.len();
    println!("{}: {:.1} MB", program.display(), len as f64 / 1e6);
    Ok(ExitCode::SUCCESS)
}
