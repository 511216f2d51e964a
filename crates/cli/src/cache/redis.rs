//! Tokens that hosts share, in Redis.

use std::sync::Arc;

use orgtoken_client::Transport;
use orgtoken_client::store::{Listing, RedisCache, RedisFault, RedisStore, RedisUrlError, Store};
use orgtoken_settings::{Cache as Place, Settings};

use super::who;
use crate::args::Network;
use crate::console::Console;
use crate::failure::{Failure, fails_with};
use crate::runtime::wait_for;
use crate::sealing::{known_sealing_key, sealing_key};
use crate::transport::transport;

/// The place for the token of this login on other hosts, too, if there is to be one.
pub(crate) fn shared(
    settings: &mut Settings,
    transport: &Transport,
    console: &Console,
) -> Result<Option<Box<dyn Store>>, Failure> {
    let Place::Redis(_) = settings.cache() else { return Ok(None) };
    let Some(key) = sealing_key(settings, console)? else { return Ok(None) };
    let Place::Redis(url) = settings.cache() else { return Ok(None) };
    let (who, allowed_hosts) = (who(settings), settings.allowed_hosts().clone());
    let store = RedisStore::new(url.secret(), transport, who, Arc::new(key), allowed_hosts)?;
    Ok(Some(Box::new(store)))
}

/// What else is kept in the server that this login is kept in; `None` if it is not kept in one.
pub(crate) fn kept_elsewhere(
    settings: &Settings,
    network: &Network,
) -> Result<Option<Listing>, Failure> {
    let Some(server) = server(settings, network)? else { return Ok(None) };
    let Some(key) = known_sealing_key(settings.key()) else { return Ok(Some(Listing::default())) };
    Ok(Some(wait_for(server.states(&key, settings.allowed_hosts()))?))
}

/// Forgets what this login's key has sealed in the server that it is kept in; says how many logins
/// that were.
pub(crate) fn forget_elsewhere(settings: &Settings, network: &Network) -> Result<usize, Failure> {
    match (server(settings, network)?, known_sealing_key(settings.key())) {
        (Some(server), Some(key)) => wait_for(server.clear(&key)),
        _ => Ok(0),
    }
}

fn server(settings: &Settings, network: &Network) -> Result<Option<RedisCache>, Failure> {
    let Place::Redis(url) = settings.cache() else { return Ok(None) };
    let transport = transport(network, settings)?;
    Ok(Some(RedisCache::new(url.secret(), &transport, settings.allowed_hosts())?))
}

fails_with!(RedisUrlError);

impl From<RedisFault> for Failure {
    fn from(fault: RedisFault) -> Self {
        Self::new(fault.code(), Some(SERVER_HINT), fault)
    }
}

const SERVER_HINT: &str = "see whether the server is up, and lets in the user of the cache's URL";
