use std::path::PathBuf;

use orgtoken_assertion::PublicKey;

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use serde_json::json;

/// Check an assertion's signature against a certificate or public key
///
/// Says nothing about its claims; see `orgtoken assertion inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file that holds the assertion; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The certificate or public key
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let key = PublicKey::from_bytes(&read(&args.cert, Kind::Certificate)?)?;
    super::read(&args.file)?.verify(&key)?;
    if console.json() {
        return Ok(console.document(&json!({ "verified": true }))?);
    }
    Ok(console.data(b"the signature is right\n")?)
}
