//! The org stays, for whoever wants to try by hand.

use anyhow::{Context, Result};
use conformance::program;

use crate::desk::{Desk, say};

/// Prints commands to copy, and waits for Ctrl-C.
pub(crate) fn keep(desk: Desk) -> Result<()> {
    let orgtoken = program::built("orgtoken")?;
    let programs = orgtoken.parent().context("a program is in a folder")?;
    say(&format!("\nThe org runs on. In another terminal:\n\n  cd {}", desk.folder().display()))?;
    say(&format!("  export PATH=\"{}:$PATH\"", programs.display()))?;
    for (name, value) in desk.variables() {
        say(&format!("  export {name}={value}"))?;
    }
    say("\n  orgtoken token --output json")?;
    say("  orgtoken api query -X GET -f q='SELECT Id, Name FROM Account'")?;
    say("  orgtoken api sobjects/Account -f Name='Made by hand'")?;
    say("  orgtoken resolve")?;
    say("\nCtrl-C here ends it and removes the folder.")?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    drop(desk);
    Ok(())
}
