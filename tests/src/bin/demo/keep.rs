//! An org that stays, for commands by hand.

use anyhow::{Context, Result};
use conformance::program;
use conformance::test_org::TestOrg;

use crate::shell::{say, variables};

/// Prints commands to copy, and waits for Ctrl-C.
pub(crate) fn keep(org: TestOrg) -> Result<()> {
    let orgtoken = program::built("orgtoken");
    let programs = orgtoken.parent().context("a program is in a folder")?;
    let folder = org.folder.path().display();
    say(&format!("\nThe org keeps running. In another terminal:\n\n  cd {folder}"))?;
    say(&format!("  export PATH=\"{}:$PATH\"", programs.display()))?;
    for (name, value) in variables(&org) {
        say(&format!("  export {name}={value}"))?;
    }
    say("\n  orgtoken token --format json")?;
    say("  orgtoken api query -X GET -f q='SELECT Id, Name FROM Account'")?;
    say("  orgtoken api sobjects/Account -f Name='Made by hand'")?;
    say("  orgtoken resolve")?;
    say("\nCtrl-C stops the org and removes the folder.")?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())?;
    drop(org);
    Ok(())
}
