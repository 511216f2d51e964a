//! Private key files and their passphrases.

use std::path::Path;

use orgtoken_assertion::{KeyError, Passphrase, SigningKey};
use orgtoken_oauth::redact;
use zeroize::Zeroizing;

use crate::args;
use crate::environment::{named_variable, variable};
use crate::failure::Failure;
use crate::io::input::{Fault, InputError, Kind, read_passphrase, read_with_permissions};
use crate::io::prompt;

/// Reads the file of a private key, by the rules of [`read_passphrase`]. A file that holds no private
/// key may be open to others: the error says what it is.
pub(crate) fn read_private_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let (bytes, unsafe_file) = read_with_permissions(path, Kind::Key)?;
    if let Some(unsafe_file) = unsafe_file.filter(|_| !is_not_a_private_key(&bytes)) {
        unsafe_file.refuse(Kind::Key, "private key")?;
    }
    Ok(bytes)
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
    let file = passphrase.key_passphrase_file.clone();
    let value = match &passphrase.key_passphrase_env {
        Some(name) => Some(named_variable(name).ok_or_else(|| not_set(name))?),
        None if file.is_some() => None,
        None => variable(VARIABLE),
    };
    if let Some(value) = value {
        return Ok(Some(Zeroizing::new(value.into_encoded_bytes())));
    }
    match file.or_else(|| variable(FILE_VARIABLE).map(Into::into)) {
        Some(path) => Ok(Some(from_file(&path)?)),
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

/// Returns the content without its final line break.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = read_passphrase(path).map_err(|error| match error.fault {
        Fault::Unsafe { .. } => error,
        // The path may be the passphrase itself.
        _ => InputError { path: redact::WITHHELD.into(), ..error },
    })?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Zeroizing::new(line.to_vec()))
}

const VARIABLE: &str = "ORGTOKEN_PASSPHRASE";
const FILE_VARIABLE: &str = "ORGTOKEN_PASSPHRASE_FILE";
