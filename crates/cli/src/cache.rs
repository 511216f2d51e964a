//! Where tokens are kept between runs.

use std::path::PathBuf;
use std::sync::Arc;

use orgtoken_client::{Cache, FileStore, SealingKey, Who};
use orgtoken_settings::{Cache as Place, KeySource, Settings};

use crate::console::Console;
use crate::context::folder;

/// The place for the token of this login; `None` if it is to stay in this process, or there is
/// no place that is safe.
pub(crate) fn store(settings: &Settings, console: &Console) -> Option<FileStore> {
    let Place::File = settings.cache() else { return None };
    let key = Arc::new(sealing_key(settings.key())?);
    let cache = match Cache::open(&cache_folder()?) {
        Ok(cache) => cache,
        Err(error) => {
            console.warn(&format_args!("the token cache is not used: {error}"));
            return None;
        }
    };
    Some(cache.store(who(settings), key, settings.allowed_hosts().clone()))
}

/// What seals this login's entry: only who can sign can open it.
pub(crate) fn sealing_key(key: &KeySource) -> Option<SealingKey> {
    match key {
        KeySource::Here(key) => Some(SealingKey::derive(key.derive(PURPOSE).secret())),
        _ => None,
    }
}

/// One folder for cron and shells alike: `$XDG_CACHE_HOME/orgtoken`, or `~/.cache/orgtoken`.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(cache.join("orgtoken"))
}

fn who(settings: &Settings) -> Who {
    Who {
        client_id: settings.client_id().to_string(),
        endpoint: settings.resolution().endpoint().as_str().to_owned(),
        username: settings.username().to_string(),
    }
}

const PURPOSE: &str = "orgtoken token cache";
