//! Private key files and their passphrases.

use std::ffi::OsString;
use std::path::Path;

use orgtoken_assertion::{KeyError, Passphrase, SigningKey};
use orgtoken_oauth::redact;
use zeroize::Zeroizing;

use crate::args;
use crate::environment::{named_variable, variable};
use crate::failure::Failure;
use crate::io::input::{
    InputError, KeyFileError, KeyFileWarning, Kind, read, read_key, read_passphrase,
};
use crate::io::prompt;

/// Reads the file of a private key. An unsafe mode is an error only if the file holds a private key:
/// otherwise the error says what the file is.
pub(crate) fn read_private_key(
    path: &Path,
) -> Result<(Zeroizing<Vec<u8>>, Option<KeyFileWarning>), KeyFileError> {
    read_key(path).or_else(|error| match (&error, read(path, Kind::Key)) {
        (KeyFileError::Permissions { .. }, Ok(bytes)) if is_not_a_private_key(&bytes) => {
            Ok((bytes, None))
        }
        (KeyFileError::Permissions { .. }, Err(too_large @ InputError::TooLarge { .. })) => {
            Err(too_large.into())
        }
        _ => Err(error),
    })
}

fn is_not_a_private_key(bytes: &[u8]) -> bool {
    matches!(
        SigningKey::from_bytes(bytes),
        Err(KeyError::Certificate { .. }
            | KeyError::Empty
            | KeyError::NotAKey { .. }
            | KeyError::Public)
    )
}

/// Parses a private key. An encrypted key is decrypted with its passphrase.
pub(crate) fn open(bytes: &[u8], passphrase: &args::Passphrase) -> Result<SigningKey, Failure> {
    match SigningKey::from_bytes(bytes) {
        Err(KeyError::Encrypted) => {}
        result => return Ok(result?),
    }
    let passphrase = passphrase_of(passphrase)?.ok_or(KeyError::Encrypted)?;
    Ok(SigningKey::from_encrypted(bytes, &Passphrase::new(passphrase.as_slice()))?)
}

fn passphrase_of(passphrase: &args::Passphrase) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    if let Some(name) = &passphrase.key_passphrase_env {
        let value = named_variable(name).ok_or_else(|| not_set(name))?;
        return Ok(Some(bytes(value)));
    }
    if let Some(path) = &passphrase.key_passphrase_file {
        return Ok(Some(from_file(path)?));
    }
    if let Some(value) = variable(VARIABLE) {
        return Ok(Some(bytes(value)));
    }
    match variable(FILE_VARIABLE) {
        Some(path) => Ok(Some(from_file(Path::new(&path))?)),
        None => Ok(prompt::passphrase()?),
    }
}

fn not_set(name: &str) -> Failure {
    let shown = redact::variable(name);
    let hint = if shown == redact::WITHHELD {
        "put the name of a variable here, not its value".to_owned()
    } else {
        format!("set {shown}, or name another variable")
    };
    let message = format!("`--key-passphrase-env`: the variable {shown} is not set");
    Failure::new("key.read", Some(hint), message)
}

fn bytes(value: OsString) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.into_encoded_bytes())
}

/// Returns the content without its final line break.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (bytes, _) = read_passphrase(path).map_err(|error| match error {
        // The path may be the passphrase itself.
        KeyFileError::Input(error) => KeyFileError::Input(error.without_path()),
        error => error,
    })?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Zeroizing::new(line.to_vec()))
}

const VARIABLE: &str = "ORGTOKEN_PASSPHRASE";
const FILE_VARIABLE: &str = "ORGTOKEN_PASSPHRASE_FILE";
