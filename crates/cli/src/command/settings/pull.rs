use std::path::PathBuf;

use crate::args::Route;
use crate::console::Console;
use crate::failure::Failure;
use crate::hub::{Hub, SCHEME};
use crate::new_file::NewFile;

/// Print the record that Onify Hub keeps
///
/// Where a file of settings may stand, `hub:URL` does so on the fly: --settings hub:https://hub.acme.com
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The Hub's address, such as https://hub.acme.com
    #[arg(long, value_name = "URL")]
    hub: String,
    /// The key of the setting; _salesforce_api_settings unless told
    #[arg(long, value_name = "KEY")]
    settings_key: Option<String>,
    /// The file with the token for the Hub; ORGTOKEN_HUB_TOKEN holds it unless told
    #[arg(long, value_name = "FILE")]
    hub_token_file: Option<PathBuf>,
    /// Write the record to this file, which is nobody else's to read
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    route: Route,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let hub = Hub {
        url: args.hub.strip_prefix(SCHEME).unwrap_or(&args.hub),
        key: args.settings_key.as_deref(),
        token_file: args.hub_token_file.as_deref(),
    };
    let mut record = hub.pull(Some(&args.route))?;
    if record.last() != Some(&b'\n') {
        record.push(b'\n');
    }
    let Some(path) = &args.out else {
        let text = String::from_utf8_lossy(&record);
        return Ok(console.secret(&text, "the private key")?);
    };
    let mut file = NewFile::create(path)?;
    file.write(&record)?;
    file.keep();
    Ok(())
}
