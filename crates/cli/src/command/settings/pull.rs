use std::path::PathBuf;

use crate::args::{Route, UsageError};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::create_secret;
use crate::login::hub::{SCHEME, pull};

/// Print a settings record of Onify Hub
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// URL of the Hub, such as https://hub.acme.com
    #[arg(long, value_name = "URL")]
    hub: String,
    /// Key of the setting [default: _salesforce_api_settings]
    #[arg(long, value_name = "KEY")]
    settings_key: Option<String>,
    /// File with the Hub's token [default: $ORGTOKEN_HUB_TOKEN]
    #[arg(long, value_name = "FILE")]
    hub_token_file: Option<PathBuf>,
    /// Write the record to this file with mode 0600
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    route: Route,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    if console.filters() && args.out.is_some() {
        return Err(UsageError::conflict("`--jq`", "`--out`", "orgtoken settings pull").into());
    }
    let url = args.hub.strip_prefix(SCHEME).unwrap_or(&args.hub);
    let (key, token_file) = (args.settings_key.as_deref(), args.hub_token_file.as_deref());
    let mut record = pull(url, key, token_file, Some(&args.route))?;
    if record.last() != Some(&b'\n') {
        record.push(b'\n');
    }
    let Some(path) = &args.out else {
        let text = String::from_utf8_lossy(&record);
        return Ok(console.secret_json(&text, "the private key")?);
    };
    Ok(create_secret(path, &record)?)
}
