//! The key and its certificate, existing or new.

use std::path::{Path, PathBuf};

use getrandom::SysRng;
use orgtoken_assertion::Signer;
use orgtoken_keygen::{Certificate, KeySize, Subject, Validity};

use super::answers::{Answers, Key};
use crate::clock;
use crate::command::cert::certificate;
use crate::command::key::create_pair;
use crate::failure::Failure;
use crate::io::console::Console;
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
            let files = [key.as_path(), &certificate];
            create_pair(files, KeySize::Bits2048, &subject(name)?, validity(), console)?;
        } else {
            let signing_key = open(&read_private_key(key)?, &answers.passphrase)?;
            ensure_certificate(&signing_key, &certificate, name)?;
        }
        Ok(Self { key: Some(key.clone()), certificate, is_new })
    }
}

fn ensure_certificate(key: &dyn Signer, path: &Path, name: &str) -> Result<(), Failure> {
    if !path.exists() {
        let mut file = NewFile::create(path)?;
        let signed = Certificate::self_signed(key, &subject(name)?, validity(), &mut SysRng)?;
        file.write(signed.to_pem().as_bytes())?;
        file.keep();
        return Ok(());
    }
    if certificate(path)?.belongs_to(key) {
        return Ok(());
    }
    Err(Failure::new(
        "key.mismatch",
        Some("move one of the two files away, or choose another `--profile`"),
        format!("`{}` does not match the key", shown(path)),
    ))
}

fn subject(name: &str) -> Result<Subject, Failure> {
    Ok(Subject::parse(&format!("orgtoken {name}"))?)
}

fn validity() -> Validity {
    Validity::starting(clock::now())
}
