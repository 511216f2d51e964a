//! Where tokens are kept between runs.

use std::path::PathBuf;
use std::sync::Arc;

#[cfg(feature = "redis")]
use orgtoken_client::RedisStore;
use orgtoken_client::{Cache, FileStore, Store, Transport, Who};
use orgtoken_settings::{Cache as Place, Settings};

use crate::console::Console;
use crate::context::folder;
use crate::failure::Failure;
use crate::sealing::sealing_key;

/// The file for the token of this login; `None` if it is to be kept elsewhere, or there is no
/// place that is safe.
///
/// # Errors
///
/// The key seals it, and is not to be had.
pub(crate) fn store(
    settings: &mut Settings,
    console: &Console,
) -> Result<Option<FileStore>, Failure> {
    let Place::File = settings.cache() else { return Ok(None) };
    let Some(folder) = cache_folder() else { return Ok(None) };
    let cache = match Cache::open(&folder) {
        Ok(cache) => cache,
        Err(error) => {
            console.warn(&format_args!("the token cache is not used: {error}"));
            return Ok(None);
        }
    };
    let Some(key) = sealing_key(settings, console)? else { return Ok(None) };
    Ok(Some(cache.store(who(settings), Arc::new(key), settings.allowed_hosts().clone())))
}

/// The place for the token of this login on other hosts, too, if there is to be one.
#[cfg(feature = "redis")]
pub(crate) fn shared(
    settings: &mut Settings,
    transport: &Transport,
    console: &Console,
) -> Result<Option<Box<dyn Store>>, Failure> {
    let Place::Redis(_) = settings.cache() else { return Ok(None) };
    let Some(key) = sealing_key(settings, console)? else { return Ok(None) };
    let Place::Redis(url) = settings.cache() else { return Ok(None) };
    let (who, allowed_hosts) = (who(settings), settings.allowed_hosts().clone());
    let store = RedisStore::new(url.secret(), transport, who, Arc::new(key), allowed_hosts);
    let store = store.map_err(|error| Failure::new(error.code(), error.hint(), error))?;
    Ok(Some(Box::new(store)))
}

/// The same in a build that has no Redis: every run logs in.
#[cfg(not(feature = "redis"))]
pub(crate) fn shared(
    settings: &mut Settings,
    _: &Transport,
    console: &Console,
) -> Result<Option<Box<dyn Store>>, Failure> {
    if let Place::Redis(_) = settings.cache() {
        console.warn(&"this build of orgtoken has no Redis: the token is not kept");
    }
    Ok(None)
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
