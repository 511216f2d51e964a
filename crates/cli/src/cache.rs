//! Where tokens are kept between runs.

use std::sync::Arc;

use orgtoken_client::Transport;
use orgtoken_client::store::{Cache, FileStore, Listing, Store, Who};
#[cfg(feature = "redis")]
use orgtoken_client::store::{RedisCache, RedisFault, RedisStore};
use orgtoken_settings::{Cache as Place, Settings};

use crate::args::Network;
use crate::console::Console;
use crate::environment::cache_folder;
use crate::failure::Failure;
#[cfg(feature = "redis")]
use crate::runtime::wait_for;
#[cfg(feature = "redis")]
use crate::sealing::known_sealing_key;
use crate::sealing::sealing_key;
#[cfg(feature = "redis")]
use crate::transport::transport;

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
        console.warn(&"the token is not kept: neither HOME nor XDG_CACHE_HOME names a folder");
        return Ok(None);
    };
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

/// What else is kept in the server that this login is kept in; `None` if it is not kept in one.
#[cfg(feature = "redis")]
pub(crate) fn kept_elsewhere(
    settings: &Settings,
    network: &Network,
) -> Result<Option<Listing>, Failure> {
    let Some(server) = server(settings, network)? else { return Ok(None) };
    let Some(key) = known_sealing_key(settings.key()) else { return Ok(Some(Listing::default())) };
    Ok(Some(wait_for(server.states(&key, settings.allowed_hosts()))?))
}

/// The same in a build that has no Redis.
#[cfg(not(feature = "redis"))]
pub(crate) fn kept_elsewhere(_: &Settings, _: &Network) -> Result<Option<Listing>, Failure> {
    Ok(None)
}

/// Forgets what this login's key has sealed in the server that it is kept in; says how many logins
/// that were.
#[cfg(feature = "redis")]
pub(crate) fn forget_elsewhere(settings: &Settings, network: &Network) -> Result<usize, Failure> {
    match (server(settings, network)?, known_sealing_key(settings.key())) {
        (Some(server), Some(key)) => Ok(wait_for(server.clear(&key))?),
        _ => Ok(0),
    }
}

/// The same in a build that has no Redis.
#[cfg(not(feature = "redis"))]
pub(crate) fn forget_elsewhere(_: &Settings, _: &Network) -> Result<usize, Failure> {
    Ok(0)
}

#[cfg(feature = "redis")]
fn server(settings: &Settings, network: &Network) -> Result<Option<RedisCache>, Failure> {
    let Place::Redis(url) = settings.cache() else { return Ok(None) };
    let cache = RedisCache::new(url.secret(), &transport(network, settings)?);
    cache.map(Some).map_err(|error| Failure::new(error.code(), error.hint(), error))
}

fn who(settings: &Settings) -> Who {
    Who {
        client_id: settings.client_id().to_string(),
        endpoint: settings.resolution().endpoint().as_str().to_owned(),
        username: settings.username().to_string(),
    }
}

#[cfg(feature = "redis")]
impl From<RedisFault> for Failure {
    fn from(fault: RedisFault) -> Self {
        Self::new(fault.code(), Some(SERVER_HINT), fault)
    }
}

#[cfg(feature = "redis")]
const SERVER_HINT: &str = "see whether the server is up, and lets in the user of the cache's URL";
