//! What the tokens of a login are sealed with, wherever its key is.

use orgtoken_assertion::SigningKey;
use orgtoken_client::store::{BootSecrets, SealingKey};
use orgtoken_settings::{KeySource, Settings};
use orgtoken_signer::sealing_secret;
use zeroize::Zeroizing;

use crate::console::Console;
use crate::environment::folder;
use crate::failure::Failure;
use crate::signer::{elsewhere, unlock};
use crate::text::shown;

/// What seals this login's entry: only who can sign can open it.
///
/// A key that is elsewhere signs for it once in each run of the machine, and a locked one is opened
/// once. Where nothing can be kept for as long, there is no sealing key.
pub(crate) fn sealing_key(
    settings: &mut Settings,
    console: &Console,
) -> Result<Option<SealingKey>, Failure> {
    if let Some(known) = known_sealing_key(settings.key()) {
        return Ok(Some(known));
    }
    let Some(secrets) = secrets() else {
        tracing::info!("the token stays in memory: nothing keeps what would seal it");
        return Ok(None);
    };
    let owner = owner(settings.key());
    let secret = secret(settings)?;
    let parts: Vec<&[u8]> = owner.iter().map(|part| part.as_slice()).collect();
    if let Err(error) = secrets.keep(&parts, &secret) {
        console.warn(&format_args!("the key will be asked for again: {error}"));
    }
    Ok(Some(SealingKey::derive(&*secret)))
}

/// The same, where neither signature nor passphrase are needed for it.
pub(crate) fn known_sealing_key(key: &KeySource) -> Option<SealingKey> {
    if let KeySource::Here(key) = key {
        return Some(SealingKey::derive(key.derive(PURPOSE).secret()));
    }
    let owner = owner(key);
    let parts: Vec<&[u8]> = owner.iter().map(|part| part.as_slice()).collect();
    Some(SealingKey::derive(&secrets()?.load(&parts)?))
}

fn secret(settings: &mut Settings) -> Result<Zeroizing<[u8; 32]>, Failure> {
    unlock(settings)?;
    match settings.key() {
        KeySource::Here(key) => Ok(of_numbers(key)),
        key => Ok(sealing_secret(&*elsewhere(key)?)?),
    }
}

/// As for the same key without its passphrase.
fn of_numbers(key: &SigningKey) -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    secret.copy_from_slice(key.derive(PURPOSE).secret());
    secret
}

/// Whose secret it is, known without the key.
fn owner(key: &KeySource) -> [Vec<u8>; 2] {
    match key {
        KeySource::Agent(which) => [b"agent".to_vec(), which.clone().into_bytes()],
        KeySource::Command { public_key, .. } => [b"command".to_vec(), public_key.to_spki_der()],
        KeySource::Locked(key) => [b"locked".to_vec(), key.as_bytes().to_vec()],
        _ => [b"here".to_vec(), Vec::new()],
    }
}

fn secrets() -> Option<BootSecrets> {
    let folder = folder("XDG_RUNTIME_DIR").filter(|folder| folder.is_dir())?.join("orgtoken");
    match BootSecrets::open(&folder) {
        Ok(secrets) => Some(secrets),
        Err(error) => {
            tracing::warn!("{} is not used: {error}", shown(&folder));
            None
        }
    }
}

const PURPOSE: &str = "orgtoken token cache";
