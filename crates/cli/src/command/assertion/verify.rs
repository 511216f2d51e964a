use std::path::PathBuf;

use orgtoken_assertion::PublicKey;

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use serde_json::json;

/// Verify the signature of an assertion
///
/// The claims are not checked; see `orgtoken assertion inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File with the assertion; `-` is stdin
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Certificate or public key
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let key = PublicKey::from_bytes(&read(&args.cert, Kind::Key)?)?;
    super::read(&args.file)?.verify(&key)?;
    Ok(console.result(&json!({ "verified": true }), || "signature verified\n".to_owned())?)
}
