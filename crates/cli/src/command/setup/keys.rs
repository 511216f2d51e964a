//! The key and its certificate, existing or new.

use std::path::{Path, PathBuf};

use getrandom::SysRng;
use orgtoken_assertion::Signer;
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};

use super::answers::{Answers, Key};
use crate::clock;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{Kind, read};
use crate::io::new_file::{NewFile, create_folder};
use crate::io::text::shown;
use crate::login::key_file::{open, read_private_key};
use crate::login::signer::remote_signer;

/// The files of key and certificate.
pub(super) struct Keys {
    /// `None` if the key is remote.
    pub(super) key: Option<PathBuf>,
    pub(super) certificate: PathBuf,
    /// Whether the key is new.
    pub(super) is_new: bool,
}

impl Keys {
    /// Finds the key of the profile, or `NAME.key` and `NAME.crt`, and creates what is missing. A
    /// missing certificate is created for the existing key.
    pub(super) fn find_or_create(answers: &Answers, console: &Console) -> Result<Self, Failure> {
        let name = &answers.name;
        answers.config.parent().map_or(Ok(()), create_folder)?;
        let (key, must_exist) = match &answers.key {
            Key::Local { file, must_exist } => (file, must_exist),
            Key::Remote(source) => {
                let certificate = answers.config.with_file_name(format!("{name}.crt"));
                ensure_certificate(&*remote_signer(source)?, &certificate, name)?;
                return Ok(Self { key: None, certificate, is_new: false });
            }
        };
        let certificate = key.with_extension("crt");
        let is_new = !must_exist && !key.exists();
        if is_new {
            create(key, &certificate, name, console)?;
        } else {
            let signing_key = open(&read_private_key(key)?, &answers.passphrase)?;
            ensure_certificate(&signing_key, &certificate, name)?;
        }
        Ok(Self { key: Some(key.clone()), certificate, is_new })
    }
}

fn create(key: &Path, certificate: &Path, name: &str, console: &Console) -> Result<(), Failure> {
    let mut key_file = NewFile::create(key)?;
    let mut certificate_file = NewFile::create(certificate)?;
    let progress = console.progress();
    progress.show("generating an RSA key of 2048 bits");
    let pair = KeyPair::generate(&mut SysRng, KeySize::Bits2048)?;
    drop(progress);
    key_file.write(pair.private_key_pem().secret().as_bytes())?;
    certificate_file.write(self_signed(&pair, name)?.to_pem().as_bytes())?;
    key_file.keep();
    certificate_file.keep();
    Ok(())
}

fn ensure_certificate(key: &dyn Signer, certificate: &Path, name: &str) -> Result<(), Failure> {
    if !certificate.exists() {
        let mut file = NewFile::create(certificate)?;
        file.write(self_signed(key, name)?.to_pem().as_bytes())?;
        file.keep();
        return Ok(());
    }
    if Certificate::parse(&read(certificate, Kind::Key)?)?.belongs_to(key) {
        return Ok(());
    }
    Err(Failure::new(
        "key.mismatch",
        Some("move one of the two files away, or choose another `--profile`"),
        format!("`{}` does not match the key", shown(certificate)),
    ))
}

fn self_signed(signer: &dyn Signer, name: &str) -> Result<Certificate, Failure> {
    let subject = Subject::parse(&format!("orgtoken {name}"))?;
    let validity = Validity::starting(clock::now());
    Ok(Certificate::self_signed(signer, &subject, validity, &mut SysRng)?)
}
