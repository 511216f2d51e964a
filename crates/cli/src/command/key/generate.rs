use std::path::PathBuf;

use getrandom::SysRng;
use orgtoken_assertion::Signer;
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};
use serde_json::json;

use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::NewFile;
use crate::io::progress;
use crate::io::text::{hex, rfc3339, sh_quoted};

/// Generate a private key, and the certificate to upload to Salesforce
///
/// Writes NAME.key and NAME.crt, which only you can read. Never overwrites a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the files, without .key and .crt
    #[arg(default_value = "salesforce")]
    name: PathBuf,
    /// The size of the key: 2048, 3072 or 4096
    #[arg(long, alias = "bits", value_name = "BITS", default_value = "2048", value_parser = size)]
    size: KeySize,
    /// How long the certificate is valid
    #[arg(long, value_name = "DAYS", default_value_t = Validity::DEFAULT_DAYS)]
    days: u32,
    /// The subject of the certificate; Salesforce shows it and ignores it otherwise
    #[arg(long, value_name = "NAME", default_value = "CN=orgtoken")]
    subject: String,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let subject = Subject::parse(&args.subject)?;
    // Both names are taken before the work begins, and given back if it fails.
    let mut key_file = NewFile::create(&args.file("key"))?;
    let mut certificate_file = NewFile::create(&args.file("crt"))?;

    let spinner =
        progress::spinner(console, format!("making an RSA key of {} bits", args.size.bits()));
    let pair = KeyPair::generate(&mut SysRng, args.size)?;
    drop(spinner);
    let validity = Validity::starting(clock::now()).days(args.days);
    let certificate = Certificate::self_signed(&pair, &subject, validity, &mut SysRng)?;
    key_file.write(pair.private_key_pem().secret().as_bytes())?;
    certificate_file.write(certificate.to_pem().as_bytes())?;
    key_file.keep();
    certificate_file.keep();

    args.tell(&pair, &certificate, console)
}

impl Args {
    /// `NAME.key`, whatever dots NAME has.
    fn file(&self, extension: &str) -> PathBuf {
        let mut name = self.name.clone().into_os_string();
        name.push(".");
        name.push(extension);
        name.into()
    }

    fn tell(
        &self,
        pair: &KeyPair,
        certificate: &Certificate,
        console: &Console,
    ) -> Result<(), Failure> {
        let path = |extension| self.file(extension).to_string_lossy().into_owned();
        let (key, crt) = (path("key"), path("crt"));
        if console.json() {
            return Ok(console.document(&json!({
                "private_key_file": key,
                "certificate_file": crt,
                "bits": self.size.bits(),
                "public_key_sha256": hex(&pair.public_key().fingerprint()),
                "certificate_sha256": certificate.sha256().to_string(),
                "not_after": rfc3339(certificate.not_after()),
            }))?);
        }
        console.data(format!("{key}\n{crt}\n").as_bytes())?;
        console.remark(&next(&key, &crt, &rfc3339(certificate.not_after()).unwrap_or_default()));
        Ok(())
    }
}

fn next(key: &str, crt: &str, not_after: &str) -> String {
    let file = sh_quoted(key);
    format!(
        "\n{key} is the private key: it stays on this machine.\n\
         {crt} is the certificate: upload it to your app in Salesforce,\n  \
         Setup > External Client App Manager > your app > Settings > OAuth Settings,\n  \
         Enable JWT Bearer Flow. Make a new pair before {not_after}.\n\
         Then: orgtoken token -f {file} -i CONSUMER_KEY -o USERNAME -r https://YOUR.my.salesforce.com"
    )
}

fn size(text: &str) -> Result<KeySize, &'static str> {
    let bits = text.parse().map_err(|_| "give 2048, 3072 or 4096")?;
    KeySize::from_bits(bits).ok_or("give 2048, 3072 or 4096")
}
