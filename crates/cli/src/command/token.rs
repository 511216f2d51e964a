//! `token`: an access token.

mod format;

use std::path::PathBuf;

use orgtoken_broker::TokenResponse;
use orgtoken_oauth::InstanceUrl;

use format::Format;

use crate::args::{Caller, UsageError};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::is_stdin;
use crate::io::new_file::replace_secret;
use crate::login::resolved_login::ResolvedLogin;

/// Print an access token
///
/// By default, only the token is printed. It is taken from the cache if it is valid for long enough.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output format [default: raw, or json with --json]
    #[arg(long, alias = "output", value_enum)]
    format: Option<Format>,
    /// Write to this file with mode 0600; `-` is stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let default = if console.json() { Format::Json } else { Format::Raw };
    let format = args.format.unwrap_or(default);
    if console.filters() && !format.is_json() {
        return Err(UsageError::conflict("`--jq`", "this `--format`", "orgtoken token").into());
    }
    let out = args.out.as_deref().filter(|file| !is_stdin(file));
    if console.filters() && out.is_some() {
        return Err(UsageError::conflict("`--jq`", "`--out`", "orgtoken token").into());
    }
    let login = ResolvedLogin::open(&args.caller, console)?;
    let (username, api_version) = (login.username(), login.api_version().to_string());
    let instance_url = login.instance_url();
    let token = login.token()?;
    let response =
        TokenResponse { token: &token, api_version: Some(&api_version), username: Some(&username) };
    let text = format.text(&response, instance_url.as_ref().map(InstanceUrl::as_str));
    match out {
        Some(file) => Ok(replace_secret(file, text.as_bytes())?),
        None if format.is_json() => Ok(console.secret_json(&text, "the token")?),
        None => Ok(console.secret(&text, "the token")?),
    }
}
