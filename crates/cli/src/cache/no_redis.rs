//! A build that has no Redis, for settings that may name one.

use orgtoken_client::Transport;
use orgtoken_client::store::{Listing, Store};
use orgtoken_settings::{Cache as Place, Settings};

use crate::args::Network;
use crate::console::Console;
use crate::failure::Failure;

/// Every run logs in.
pub(crate) fn shared(
    settings: &mut Settings,
    _: &Transport,
    console: &Console,
) -> Result<Option<Box<dyn Store>>, Failure> {
    if let Place::Redis(_) = settings.cache() {
        console.warn(&format_args!("{NO_REDIS}: the token is not kept"));
    }
    Ok(None)
}

/// Nothing is listed, rather than what is kept on this machine by other settings.
pub(crate) fn kept_elsewhere(settings: &Settings, _: &Network) -> Result<Option<Listing>, Failure> {
    is_here(settings).map(|()| None)
}

/// What other hosts keep there stays.
pub(crate) fn forget_elsewhere(settings: &Settings, _: &Network) -> Result<usize, Failure> {
    is_here(settings).map(|()| 0)
}

fn is_here(settings: &Settings) -> Result<(), Failure> {
    match settings.cache() {
        Place::Redis(_) => Err(Failure::new(
            "cache.redis",
            Some("use a build with the cargo feature `redis`, or ask on a host that has one"),
            format!("{NO_REDIS}, and the settings have tokens kept there"),
        )),
        _ => Ok(()),
    }
}

const NO_REDIS: &str = "this build of orgtoken has no Redis";
