//! The token caches of this user.

use orgtoken_client::Transport;
use orgtoken_client::cache::{
    CacheLocations, FileCache, Listing, RedisCache, RedisServer, SealingKey, redis_server,
};
use orgtoken_settings::{Cache, Settings};

use crate::args::Network;
use crate::environment::{cache_folder, folder};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::signer::open_key;
use crate::login::transport::transport;
use crate::runtime::wait_for;

pub(crate) fn folders() -> CacheLocations {
    let runtime = folder("XDG_RUNTIME_DIR").filter(|folder| folder.is_dir());
    CacheLocations {
        tokens: cache_folder(),
        secrets: runtime.map(|folder| folder.join("orgtoken")),
    }
}

/// Returns the cache file of this login, if the settings choose a file.
pub(crate) fn file(
    settings: &mut Settings,
    console: &Console,
) -> Result<Option<FileCache>, Failure> {
    let folders = folders();
    if matches!(settings.cache(), Cache::File) && folders.tokens.is_none() {
        console.warn(&"no token cache, each run logs in; set HOME or XDG_CACHE_HOME to a folder");
    }
    folders.file_cache(settings, open_key)
}

/// Returns the entry of this login in Redis, if the settings choose Redis.
pub(crate) fn redis(
    settings: &mut Settings,
    transport: &Transport,
) -> Result<Option<RedisCache>, Failure> {
    folders().redis_cache(settings, transport, open_key)
}

/// Returns the logins that are cached in Redis. The list is empty if the settings choose another cache.
pub(crate) fn list_redis(settings: &Settings, network: &Network) -> Result<Listing, Failure> {
    match known_redis(settings, network)? {
        Some((server, key)) => Ok(wait_for(server.states(&key, settings.allowed_hosts()))?),
        None => Ok(Listing::default()),
    }
}

/// Removes the logins that are sealed with this login's key from Redis. Returns their number.
pub(crate) fn clear_redis(settings: &Settings, network: &Network) -> Result<usize, Failure> {
    match known_redis(settings, network)? {
        Some((server, key)) => wait_for(server.clear(&key)),
        None => Ok(0),
    }
}

/// Returns the server that the settings choose, and the key that seals this login.
fn known_redis(
    settings: &Settings,
    network: &Network,
) -> Result<Option<(RedisServer, SealingKey)>, Failure> {
    let Cache::Redis(_) = settings.cache() else { return Ok(None) };
    let server = redis_server(settings, &transport(network, settings)?)?;
    Ok(server.zip(folders().known_sealing_key(settings.key())))
}
