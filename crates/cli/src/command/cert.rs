//! `cert`: certificates to upload to Salesforce.

mod create;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use orgtoken_assertion::Signer;
use orgtoken_keygen::Certificate;
use serde::Serialize;
use serde_json::json;

use crate::args::Passphrase;
use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use crate::io::table::{Row, table};
use crate::io::text::{hex, opened, rfc3339};
use crate::login::key_file::{open, read_private_key};

/// Create, inspect and match certificates
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Create(create::Create),
    Inspect(Inspect),
    Match(Match),
}

/// Show the subject, validity and key of a certificate
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Certificate file; `-` is stdin
    file: PathBuf,
}

/// Check that a private key and a certificate match
///
/// Exits with 0 if they match, and with 5 if not.
#[derive(Debug, clap::Args)]
pub(crate) struct Match {
    /// Private key file; `-` is stdin
    key: PathBuf,
    /// Certificate file
    cert: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create::run(args, console),
        Command::Inspect(args) => inspect(args, console),
        Command::Match(args) => matches(args, console),
    }
}

fn inspect(args: &Inspect, console: &Console) -> Result<(), Failure> {
    let shown = Shown::of(&certificate(&args.file)?)?;
    Ok(console.result(&shown, || table(shown.rows(), console.look()))?)
}

fn matches(args: &Match, console: &Console) -> Result<(), Failure> {
    let key = open(&read_private_key(&args.key)?, &args.passphrase)?;
    let certificate = certificate(&args.cert)?;
    if !certificate.belongs_to(&key) {
        return Err(Failure::new(
            "key.mismatch",
            Some("upload the certificate of this key, or use the key of the uploaded certificate"),
            format!(
                "key and certificate do not match: public key {} in the key, {} in the certificate",
                hex(&key.public_key().fingerprint()[..8]),
                hex(&certificate.public_key()?.fingerprint()[..8]),
            ),
        ));
    }
    let text = || "key and certificate match\n".to_owned();
    Ok(console.result(&json!({ "match": true }), text)?)
}

/// Reads a certificate. An invalid one is an error that names the file.
pub(super) fn certificate(file: &Path) -> Result<Certificate, Failure> {
    let parsed = Certificate::parse(&read(file, Kind::Key)?);
    parsed.map_err(|error| Failure::about(&format!("`{}`", opened(file)), &error))
}

#[derive(Serialize)]
struct Shown {
    subject: String,
    issuer: String,
    not_before: Option<String>,
    not_after: Option<String>,
    days_left: i64,
    bytes: usize,
    bits: usize,
    sha256: String,
    sha1: String,
    public_key_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

impl Shown {
    fn of(certificate: &Certificate) -> Result<Self, Failure> {
        let key = certificate.public_key()?;
        Ok(Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            not_before: rfc3339(certificate.not_before()),
            not_after: rfc3339(certificate.not_after()),
            days_left: certificate.days_left(clock::now()),
            bytes: certificate.to_pem().len(),
            bits: key.bits(),
            sha256: certificate.sha256(),
            sha1: certificate.sha1(),
            public_key_sha256: hex(&key.fingerprint()),
            certificate: None,
        })
    }

    fn rows(&self) -> [Row; 8] {
        let date = |date: &Option<String>| date.clone().unwrap_or_else(|| "after year 9999".into());
        [
            Row::new("subject", &self.subject),
            Row::new("issuer", &self.issuer),
            Row::new("valid from", &date(&self.not_before)),
            Row::new(
                "valid to",
                &format!("{}, {} days left", date(&self.not_after), self.days_left),
            ),
            Row::new("size", &format!("{} bytes", self.bytes)),
            Row::new("key", &format!("RSA {} bits, SHA-256 {}", self.bits, self.public_key_sha256)),
            Row::new("SHA-256", &self.sha256),
            Row::new("SHA-1", &self.sha1),
        ]
    }
}
