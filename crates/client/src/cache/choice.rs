//! The cache of a login, as its settings choose it.

use std::path::PathBuf;
use std::sync::Arc;

use orgtoken_assertion::{SignError, Signer, SigningKey};
use orgtoken_settings::{Cache as CacheSetting, KeySource, Settings};
use orgtoken_signer::sealing_secret;
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::boot_secrets::BootSecrets;
use super::{CacheFolder, FileCache, LoginId, SealingKey};
#[cfg(feature = "redis")]
use super::{RedisCache, RedisServer, RedisUrlError};
#[cfg(feature = "redis")]
use crate::Transport;

/// The folders of this user for cached tokens. Settings choose the cache of a login.
///
/// The key that seals a token is derived from the private key. If that needs a passphrase or a
/// signature outside the process, the methods call `open`, which decrypts a locked key in the
/// settings, or returns the signer of a remote one. The derived key is stored until the machine
/// restarts.
#[derive(Clone, Debug, Default)]
pub struct CacheLocations {
    /// The folder of sealed tokens, such as `~/.cache/orgtoken`.
    pub tokens: Option<PathBuf>,
    /// A folder that is emptied when the machine restarts, such as `$XDG_RUNTIME_DIR/orgtoken`.
    /// Without it, tokens of a locked or remote key are not cached.
    pub secrets: Option<PathBuf>,
}

impl CacheLocations {
    /// Returns the file that caches the token of this login; `None` if the settings choose another
    /// cache, or if there is no safe folder. The log has the reason.
    pub fn file_cache<E: From<SignError>>(
        &self,
        settings: &mut Settings,
        open: impl FnOnce(&mut Settings) -> Result<Option<Arc<dyn Signer>>, E>,
    ) -> Result<Option<FileCache>, E> {
        let (CacheSetting::File, Some(folder)) = (settings.cache(), &self.tokens) else {
            return Ok(None);
        };
        let cache = match CacheFolder::open(folder) {
            Ok(cache) => cache,
            Err(error) => {
                warn!("the token cache is not used: {error}; each run logs in");
                return Ok(None);
            }
        };
        let Some(key) = self.sealing_key(settings, open)? else { return Ok(None) };
        Ok(Some(cache.entry(login_id(settings), Arc::new(key), settings.allowed_hosts().clone())))
    }

    /// Returns the entry of this login in Redis; `None` if the settings choose another cache.
    #[cfg(feature = "redis")]
    pub fn redis_cache<E: From<SignError> + From<RedisUrlError>>(
        &self,
        settings: &mut Settings,
        transport: &Transport,
        open: impl FnOnce(&mut Settings) -> Result<Option<Arc<dyn Signer>>, E>,
    ) -> Result<Option<RedisCache>, E> {
        let CacheSetting::Redis(_) = settings.cache() else { return Ok(None) };
        let Some(key) = self.sealing_key(settings, open)? else { return Ok(None) };
        let CacheSetting::Redis(url) = settings.cache() else { return Ok(None) };
        let (login_id, allowed_hosts) = (login_id(settings), settings.allowed_hosts().clone());
        let cache =
            RedisCache::new(url.secret(), transport, login_id, Arc::new(key), allowed_hosts)?;
        Ok(Some(cache))
    }

    /// Returns the sealing key of a login if it takes neither a signature nor a passphrase.
    pub fn known_sealing_key(&self, key: &KeySource) -> Option<SealingKey> {
        if let KeySource::Local(key) = key {
            return Some(SealingKey::derive(&*secret(key)));
        }
        Some(SealingKey::derive(&self.boot_secrets()?.load(&owner(key))?))
    }

    fn sealing_key<E: From<SignError>>(
        &self,
        settings: &mut Settings,
        open: impl FnOnce(&mut Settings) -> Result<Option<Arc<dyn Signer>>, E>,
    ) -> Result<Option<SealingKey>, E> {
        if let Some(known) = self.known_sealing_key(settings.key()) {
            return Ok(Some(known));
        }
        let Some(secrets) = self.boot_secrets() else {
            info!("the token is not cached: there is no runtime folder for its sealing key");
            return Ok(None);
        };
        let owner = owner(settings.key());
        let signer = open(settings)?;
        let secret = match (settings.key(), signer) {
            (KeySource::Local(key), _) => secret(key),
            (_, Some(signer)) => sealing_secret(&*signer)?,
            (_, None) => return Ok(None),
        };
        if let Err(error) = secrets.store(&owner, &secret) {
            warn!("cannot store the sealing key: {error}; the private key is needed again");
        }
        Ok(Some(SealingKey::derive(&*secret)))
    }

    fn boot_secrets(&self) -> Option<BootSecrets> {
        match BootSecrets::open(self.secrets.as_ref()?) {
            Ok(secrets) => Some(secrets),
            Err(error) => {
                warn!("the runtime folder is not used: {error}");
                None
            }
        }
    }
}

/// Returns the server that the settings choose as cache, if they choose one.
#[cfg(feature = "redis")]
pub fn redis_server(
    settings: &Settings,
    transport: &Transport,
) -> Result<Option<RedisServer>, RedisUrlError> {
    let CacheSetting::Redis(url) = settings.cache() else { return Ok(None) };
    RedisServer::new(url.secret(), transport, settings.allowed_hosts()).map(Some)
}

fn login_id(settings: &Settings) -> LoginId {
    LoginId {
        client_id: settings.client_id().to_string(),
        endpoint: settings.resolution().endpoint().as_str().to_owned(),
        username: settings.username().to_string(),
    }
}

/// The same for a key with and without its passphrase.
fn secret(key: &SigningKey) -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    secret.copy_from_slice(key.derive(PURPOSE).secret());
    secret
}

/// The name of a secret, known without the key.
fn owner(key: &KeySource) -> [Vec<u8>; 2] {
    match key {
        KeySource::Agent(name) => [b"agent".to_vec(), name.clone().into_bytes()],
        KeySource::Command { public_key, .. } => [b"command".to_vec(), public_key.to_spki_der()],
        KeySource::Encrypted(key) => [b"locked".to_vec(), key.as_bytes().to_vec()],
        _ => [b"here".to_vec(), Vec::new()],
    }
}

const PURPOSE: &str = "orgtoken token cache";
