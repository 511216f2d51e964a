use std::path::PathBuf;

use orgtoken_assertion::{KeyError, PublicKey, Signer, SigningKey};
use serde::Serialize;

use crate::args::Passphrase;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use crate::io::table::{Row, table};
use crate::io::text::hex;
use crate::login::key_file::open;

/// Show the form, size and fingerprint of a key
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Key file; `-` is stdin
    file: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let shown = Shown::of(&read(&args.file, Kind::Key)?, &args.passphrase)?;
    Ok(console.result(&shown, || table(shown.rows(), console.look()))?)
}

#[derive(Serialize)]
struct Shown {
    private: bool,
    form: String,
    bits: usize,
    /// SHA-256 of the public key, as `openssl pkey -pubout -outform DER | sha256sum` prints it.
    public_key_sha256: String,
}

impl Shown {
    fn of(bytes: &[u8], passphrase: &Passphrase) -> Result<Self, Failure> {
        if let Err(KeyError::Public) = SigningKey::from_bytes(bytes) {
            let key = PublicKey::from_bytes(bytes)?;
            return Ok(Self::new(&key, false, "public key".into()));
        }
        let key = open(bytes, passphrase)?;
        Ok(Self::new(key.public_key(), true, key.form().to_string()))
    }

    fn new(key: &PublicKey, private: bool, form: String) -> Self {
        Self { private, form, bits: key.bits(), public_key_sha256: hex(&key.fingerprint()) }
    }

    fn rows(&self) -> [Row; 4] {
        let kind = if self.private { "private key" } else { "public key" };
        [
            Row::new("type", &format!("RSA {kind}")),
            Row::new("form", &self.form),
            Row::new("size", &format!("{} bits", self.bits)),
            Row::new("SHA-256", &self.public_key_sha256),
        ]
    }
}
