//! A private key that is looked at, outside any settings.

use std::ffi::OsString;
use std::path::Path;

use orgtoken_assertion::{KeyError, Passphrase, SigningKey};
use zeroize::Zeroizing;

use crate::args;
use crate::environment::{named_variable, variable};
use crate::failure::Failure;
use crate::input::{KeyFileError, read_key};
use crate::prompt;

/// Reads a key, and opens it with its passphrase where it has one.
pub(crate) fn open(bytes: &[u8], passphrase: &args::Passphrase) -> Result<SigningKey, Failure> {
    match SigningKey::from_bytes(bytes) {
        Err(KeyError::Encrypted) => {}
        result => return Ok(result?),
    }
    let passphrase = given(passphrase)?.ok_or(KeyError::Encrypted)?;
    Ok(SigningKey::from_encrypted(bytes, &Passphrase::new(passphrase.as_slice()))?)
}

fn given(passphrase: &args::Passphrase) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    if let Some(name) = &passphrase.key_passphrase_env {
        return Ok(named_variable(name).map(bytes));
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

fn bytes(value: OsString) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.into_encoded_bytes())
}

/// Without the line break at its end.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (bytes, _) = read_key(path).map_err(|error| match error {
        // What is taken for a path may be the passphrase itself.
        KeyFileError::Input(error) => KeyFileError::Input(error.unnamed()),
        error => error,
    })?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Zeroizing::new(line.to_vec()))
}

const VARIABLE: &str = "ORGTOKEN_PASSPHRASE";
const FILE_VARIABLE: &str = "ORGTOKEN_PASSPHRASE_FILE";
