//! `blueprint`: the Onify blueprint.

use crate::failure::Failure;
use crate::io::console::Console;

/// Print the Onify blueprint for the local token service
///
/// It replaces `salesforce-generate-access-token`. Its callers need no change.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, console: &Console) -> Result<(), Failure> {
    Ok(console.data(BLUEPRINT)?)
}

const BLUEPRINT: &[u8] = include_bytes!("../../assets/salesforce-generate-access-token.bpmn");
