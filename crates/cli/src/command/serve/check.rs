//! `serve --check`: the health of a running service.

use std::time::Duration;

use orgtoken_broker::Health;

use super::Args;
use super::listen::default_socket;
use crate::failure::Failure;
use crate::io::console::Console;

/// Asks the service on each socket that the flags name. Prints the health of the last one.
pub(super) fn check(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut on_tcp = None;
    for listen in &args.listen {
        on_tcp = Some(Health::of_address(listen.address, TIMEOUT)?);
    }
    let health = match (&args.socket, on_tcp) {
        (Some(path), _) => Health::of_socket(path, TIMEOUT)?,
        (None, Some(health)) => health,
        (None, None) => Health::of_socket(&default_socket()?, TIMEOUT)?,
    };
    if console.json() {
        return Ok(console.document(&health)?);
    }
    Ok(console.data(format!("{}\n", health.status).as_bytes())?)
}

/// A service on this machine answers in microseconds.
const TIMEOUT: Duration = Duration::from_secs(2);
