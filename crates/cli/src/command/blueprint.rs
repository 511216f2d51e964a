//! The Onify blueprint.

use crate::failure::Failure;
use crate::io::console::Console;

/// Print the Onify blueprint that asks `orgtoken serve` for an access token
///
/// It takes the place of `salesforce-generate-access-token` and changes nothing that calls it:
/// orgtoken blueprint > salesforce-generate-access-token.bpmn
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, console: &Console) -> Result<(), Failure> {
    Ok(console.data(BLUEPRINT)?)
}

const BLUEPRINT: &[u8] = include_bytes!("../../assets/salesforce-generate-access-token.bpmn");
