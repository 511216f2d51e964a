use std::path::PathBuf;
use std::sync::Arc;

use getrandom::SysRng;
use orgtoken_assertion::{PublicKey, RingSigner, Signer};
use orgtoken_keygen::{Certificate, Subject, Validity};
use orgtoken_settings::{KeySource, SignerCommand};

use super::Shown;
use crate::args::Passphrase;
use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use crate::login::key_file::{open, read_private_key};
use crate::login::signer::remote_signer;

/// Create a certificate for an existing key
///
/// Prints the certificate to upload to Salesforce. For a new key, use `orgtoken key generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// Private key file; `-` is stdin
    #[arg(required_unless_present_any = ["ssh_agent", "signer_command"])]
    key: Option<PathBuf>,
    /// Fingerprint (SHA256:…) or comment of a key in the SSH agent
    #[arg(long, value_name = "NAME", conflicts_with_all = ["key", "signer_command"])]
    ssh_agent: Option<String>,
    /// Command that signs with the key
    #[arg(long, value_name = "COMMAND", conflicts_with = "key", requires = "public_key_file")]
    signer_command: Option<String>,
    /// Public key of the signer command
    // clap requires no argument that conflicts with another one.
    #[arg(long, value_name = "FILE", requires = "signer_command")]
    #[arg(conflicts_with_all = ["key", "ssh_agent"])]
    public_key_file: Option<PathBuf>,
    /// Validity of the certificate in days
    #[arg(long, value_name = "DAYS", default_value_t = Validity::DEFAULT_DAYS)]
    days: u32,
    /// Subject of the certificate; Salesforce only displays it
    #[arg(long, value_name = "NAME", default_value = "CN=orgtoken")]
    subject: String,
    #[command(flatten)]
    passphrase: Passphrase,
}

pub(super) fn run(args: &Create, console: &Console) -> Result<(), Failure> {
    let subject = Subject::parse(&args.subject)?;
    let validity = Validity::starting(clock::now()).days(args.days);
    let signer = args.signer()?;
    let certificate = Certificate::self_signed(&*signer, &subject, validity, &mut SysRng)?;
    let pem = certificate.to_pem();
    let shown = Shown { certificate: Some(pem.clone()), ..Shown::of(&certificate)? };
    Ok(console.result(&shown, || pem)?)
}

impl Create {
    fn signer(&self) -> Result<Arc<dyn Signer>, Failure> {
        if let Some(key) = &self.key {
            let key = open(&read_private_key(key)?, &self.passphrase)?;
            return Ok(Arc::new(RingSigner::new(key)));
        }
        remote_signer(&match (&self.ssh_agent, &self.signer_command, &self.public_key_file) {
            (Some(name), ..) => KeySource::Agent(name.clone()),
            (_, Some(line), Some(file)) => KeySource::Command {
                command: SignerCommand::Shell(line.clone()),
                public_key: PublicKey::from_bytes(&read(file, Kind::Key)?)?,
            },
            _ => unreachable!("clap asks for a key, an agent's, or a command with its public key"),
        })
    }
}
