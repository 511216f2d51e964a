//! Where tokens are kept between runs.

#[cfg(not(feature = "redis"))]
mod no_redis;
#[cfg(feature = "redis")]
mod redis;

#[cfg(not(feature = "redis"))]
pub(crate) use no_redis::{forget_elsewhere, kept_elsewhere, shared};
#[cfg(feature = "redis")]
pub(crate) use redis::{forget_elsewhere, kept_elsewhere, shared};

use std::sync::Arc;

use orgtoken_client::store::{Cache, FileStore, Who};
use orgtoken_settings::{Cache as Place, Settings};

use crate::console::Console;
use crate::environment::cache_folder;
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
    let Some(folder) = cache_folder() else {
        console.warn(
            &"there is no token cache, so each run logs in: set HOME or XDG_CACHE_HOME to a folder",
        );
        return Ok(None);
    };
    let cache = match Cache::open(&folder) {
        Ok(cache) => cache,
        Err(error) => {
            console.warn(&format_args!("the token cache is not used: {error}; each run logs in"));
            return Ok(None);
        }
    };
    let Some(key) = sealing_key(settings, console)? else { return Ok(None) };
    Ok(Some(cache.store(who(settings), Arc::new(key), settings.allowed_hosts().clone())))
}

fn who(settings: &Settings) -> Who {
    Who {
        client_id: settings.client_id().to_string(),
        endpoint: settings.resolution().endpoint().as_str().to_owned(),
        username: settings.username().to_string(),
    }
}
