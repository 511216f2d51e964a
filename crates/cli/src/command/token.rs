//! The main job: print an access token.

use crate::args::{Login, Network};
use crate::console::Console;
use crate::failure::Failure;
use crate::login::log_in;
use crate::output::{Format, Printed};

/// Print an access token
///
/// The token alone unless told otherwise: TOKEN=$(orgtoken token --settings salesforce.json)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// In which form; `json` where --json is given
    #[arg(long, value_name = "FORM", value_enum)]
    output: Option<Format>,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    network: Network,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let format = args.output.unwrap_or_else(|| default(console));
    let session = log_in(&args.login, &args.network, console)?;
    let printed = Printed {
        access_token: session.token.access_token().secret(),
        instance_url: session.token.instance_url().as_str(),
        api_version: &session.api_version.to_string(),
        username: &session.username,
        expires_at: Some(session.token.expires_at()),
    };
    Ok(console.secret(&printed.text(format), "the token")?)
}

fn default(console: &Console) -> Format {
    if console.json() { Format::Json } else { Format::Raw }
}
