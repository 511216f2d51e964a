use std::path::{Path, PathBuf};

use getrandom::SysRng;
use orgtoken_assertion::Signer;
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};
use serde_json::json;

use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::NewFile;
use crate::io::text::{hex, rfc3339, sh_quoted};

/// Generate a private key and its certificate
///
/// Writes NAME.key and NAME.crt with mode 0600. Never overwrites a file. Upload the certificate to
/// the app in Salesforce.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the files, without .key and .crt
    #[arg(default_value = "salesforce")]
    name: PathBuf,
    /// Key size: 2048, 3072 or 4096
    #[arg(long, alias = "bits", value_name = "BITS", default_value = "2048", value_parser = size)]
    size: KeySize,
    /// Validity of the certificate in days
    #[arg(long, value_name = "DAYS", default_value_t = Validity::DEFAULT_DAYS)]
    days: u32,
    /// Subject of the certificate; Salesforce only displays it
    #[arg(long, value_name = "NAME", default_value = "CN=orgtoken")]
    subject: String,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let subject = Subject::parse(&args.subject)?;
    let validity = Validity::starting(clock::now()).days(args.days);
    let files = [&*args.file("key"), &*args.file("crt")];
    let (pair, certificate) = create_pair(files, args.size, &subject, validity, console)?;
    args.print(&pair, &certificate, console)
}

/// Creates a private key and its certificate, and writes them to new files.
pub(crate) fn create_pair(
    [key, certificate]: [&Path; 2],
    size: KeySize,
    subject: &Subject,
    validity: Validity,
    console: &Console,
) -> Result<(KeyPair, Certificate), Failure> {
    // Both files are created first, and removed if the generation fails.
    let mut key_file = NewFile::create(key)?;
    let mut certificate_file = NewFile::create(certificate)?;
    let progress = console.progress();
    progress.show(&format!("generating an RSA key of {} bits", size.bits()));
    let pair = KeyPair::generate(&mut SysRng, size)?;
    drop(progress);
    let certificate = Certificate::self_signed(&pair, subject, validity, &mut SysRng)?;
    key_file.write(pair.private_key_pem().secret().as_bytes())?;
    certificate_file.write(certificate.to_pem().as_bytes())?;
    key_file.keep();
    certificate_file.keep();
    Ok((pair, certificate))
}

impl Args {
    /// Returns `NAME.key`. Dots in NAME are kept.
    fn file(&self, extension: &str) -> PathBuf {
        let mut name = self.name.clone().into_os_string();
        name.push(".");
        name.push(extension);
        name.into()
    }

    fn print(
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
                "certificate_sha256": certificate.sha256(),
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
        "\n{key} is the private key: keep it on this machine.\n\
         {crt} is the certificate: upload it to your app in Salesforce, Setup > External Client App \
         Manager > your app > Settings > OAuth Settings, Enable JWT Bearer Flow. Create a new pair \
         before {not_after}. Then:\n  \
         orgtoken token -f {file} -i CONSUMER_KEY -o USERNAME -r https://YOUR.my.salesforce.com"
    )
}

fn size(text: &str) -> Result<KeySize, &'static str> {
    let bits = text.parse().map_err(|_| "expected 2048, 3072 or 4096")?;
    KeySize::from_bits(bits).ok_or("expected 2048, 3072 or 4096")
}
