//! Where the service can be reached.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use orgtoken_broker::{Bearer, ListenError, Listener};

use super::Args;
use crate::args::UsageError;
use crate::console::Console;
use crate::environment::folder;
use crate::failure::Failure;
use crate::input::read_key;
use crate::new_file::NewFile;

/// The sockets of the service manager, else those that were asked for, else the usual one.
pub(super) fn listeners(
    args: &Args,
    is_shared: bool,
    console: &Console,
) -> Result<Vec<Listener>, Failure> {
    let mut listeners = inherited(args, console)?;
    if let Some(address) = args.listen {
        listeners.push(opened(args, Listener::tcp(address, bearer(args, console)?)?));
    }
    if args.socket.is_some() || listeners.is_empty() {
        let path = args.socket.clone().map_or_else(usual_socket, Ok)?;
        let listener =
            if is_shared { Listener::unix_for_group(path) } else { Listener::unix(path) };
        listeners.push(listener?);
    }
    Ok(listeners)
}

/// `127.0.0.1:7523`, `[::1]:7523` or `localhost:7523`.
pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let address = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    address.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:7523")
}

/// What systemd listens on (`LISTEN_FDS`).
fn inherited(args: &Args, console: &Console) -> Result<Vec<Listener>, Failure> {
    let mut inherited = ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..inherited.len() {
        if let Ok(Some(listener)) = inherited.take_unix_listener(index) {
            listeners.push(Listener::from_unix(listener)?);
        } else {
            let listener = inherited.take_tcp_listener(index);
            let listener = listener.map_err(|source| ListenError::Inherited { source })?;
            if let Some(listener) = listener {
                listeners.push(opened(args, Listener::from_tcp(listener, bearer(args, console)?)?));
            }
        }
    }
    Ok(listeners)
}

fn opened(args: &Args, listener: Listener) -> Listener {
    if args.open_loopback { listener.open_loopback() } else { listener }
}

fn usual_socket() -> Result<PathBuf, Failure> {
    let runtime = folder("XDG_RUNTIME_DIR").ok_or_else(|| {
        UsageError::missing("`--socket` (XDG_RUNTIME_DIR is not set)", "orgtoken serve")
    })?;
    Ok(runtime.join("orgtoken/orgtoken.sock"))
}

/// What the file holds, or a new one that is written there.
fn bearer(args: &Args, console: &Console) -> Result<Bearer, Failure> {
    let Some(file) = &args.bearer_file else {
        if args.open_loopback {
            // One that nobody has: the other paths stay closed.
            return Ok(Bearer::generate()?);
        }
        return Err(Failure::new(
            "usage.missing",
            Some("name the file that holds the bearer; it is written if it is not there"),
            "missing `--bearer-file`",
        ));
    };
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => written(file, console),
        _ => kept(file, console),
    }
}

fn kept(file: &Path, console: &Console) -> Result<Bearer, Failure> {
    let (bytes, warning) = read_key(file)?;
    warning.iter().for_each(|warning| console.warn(warning));
    Ok(Bearer::parse(&String::from_utf8_lossy(&bytes))?)
}

fn written(file: &Path, console: &Console) -> Result<Bearer, Failure> {
    let bearer = Bearer::generate()?;
    let mut new = NewFile::create(file)?;
    new.write(bearer.secret().as_bytes())?;
    new.keep();
    console.remark(&format_args!("the bearer token is in {}", file.display()));
    Ok(bearer)
}
