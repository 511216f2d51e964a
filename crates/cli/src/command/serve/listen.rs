//! The sockets of the service.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;

use listenfd::ListenFd;
use orgtoken_broker::{ListenError, Listener};

use super::Args;
use crate::args::UsageError;
use crate::environment::folder;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::printable;

/// A socket that the service manager passes.
pub(super) enum Inherited {
    Unix(std::os::unix::net::UnixListener),
    Tcp(std::net::TcpListener),
}

/// Returns the sockets of the service manager and of flags, or else the default socket.
pub(super) fn listeners(
    args: &Args,
    inherited: Vec<Inherited>,
    is_shared: bool,
    console: Console,
) -> Result<Vec<Listener>, Failure> {
    let mut listeners = Vec::new();
    for inherited in inherited {
        listeners.push(match inherited {
            Inherited::Unix(listener) => Listener::from_unix(listener)?,
            Inherited::Tcp(listener) => with_open_loopback(args, Listener::from_tcp(listener)?),
        });
    }
    if let Some(address) = args.listen {
        listeners.push(with_open_loopback(args, Listener::tcp(address)?));
    }
    if args.socket.is_some() || listeners.is_empty() {
        let path = args.socket.clone().map_or_else(default_socket, Ok)?;
        let listener = if is_shared { Listener::unix_for_all(path) } else { Listener::unix(path) }?;
        if let Some(folder) = listener.closed_folder().filter(|_| is_shared) {
            let folder = printable(&folder.display().to_string());
            console.warn(&format_args!(
                "a profile allows other users, but they cannot enter `{folder}`, the folder of the \
                 socket; choose another `--socket`, or run `chmod o+x {folder}`"
            ));
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Parses `127.0.0.1:7523`, `[::1]:7523` or `localhost:7523`.
pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let address = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    address.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:7523")
}

/// Returns the sockets that systemd passes. Like `sd_listen_fds`, it ignores the variables unless
/// `LISTEN_PID` is this process. It changes variables, so there must be only one thread.
pub(super) fn inherited() -> Result<Vec<Inherited>, Failure> {
    let pid = env::var("LISTEN_PID").ok().and_then(|pid| pid.parse().ok());
    if pid != Some(std::process::id()) {
        return Ok(Vec::new());
    }
    let mut inherited = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..inherited.len() {
        if let Ok(Some(listener)) = inherited.take_unix_listener(index) {
            sockets.push(Inherited::Unix(listener));
        } else {
            let listener = inherited.take_tcp_listener(index);
            let listener = listener.map_err(|source| ListenError::Inherited { source })?;
            sockets.extend(listener.map(Inherited::Tcp));
        }
    }
    Ok(sockets)
}

fn with_open_loopback(args: &Args, listener: Listener) -> Listener {
    if args.open_loopback { listener.open_loopback() } else { listener }
}

pub(super) fn default_socket() -> Result<PathBuf, Failure> {
    let runtime = folder("XDG_RUNTIME_DIR").ok_or_else(|| {
        UsageError::missing("`--socket` (XDG_RUNTIME_DIR is not set)", "orgtoken serve")
    })?;
    Ok(runtime.join("orgtoken/orgtoken.sock"))
}
