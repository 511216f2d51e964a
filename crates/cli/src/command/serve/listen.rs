//! The sockets of the service.

use std::collections::BTreeSet;
use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;

use listenfd::ListenFd;
use orgtoken_broker::{ListenError, Listener, Profiles};
use orgtoken_oauth::redact;

use super::Args;
use super::bearer::BearerFiles;
use crate::args::UsageError;
use crate::environment::folder;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::{opened, quoted};

/// A socket that the service manager passes.
pub(super) enum Inherited {
    Unix(std::os::unix::net::UnixListener),
    Tcp(std::net::TcpListener),
}

/// Returns the sockets of the service manager and of flags, or else the default socket.
pub(super) fn listeners(
    args: &Args,
    inherited: Vec<Inherited>,
    bearers: &BearerFiles,
    is_shared: bool,
    console: Console,
) -> Result<Vec<Listener>, Failure> {
    let mut listeners = Vec::new();
    for inherited in inherited {
        listeners.push(match inherited {
            Inherited::Unix(listener) => configured(args, Listener::from_unix(listener)?),
            Inherited::Tcp(listener) => {
                configured(args, Listener::from_tcp(listener)?.bearer(bearers.bearer(None)))
            }
        });
    }
    for ListenAddress { address, profile } in &args.listen {
        let bearer = bearers.bearer(profile.as_deref());
        let listener = configured(args, Listener::tcp(*address)?.bearer(bearer));
        listeners.push(match profile {
            Some(profile) => listener.calls_of(profile.as_str()),
            None => listener,
        });
    }
    if args.socket.is_some() || listeners.is_empty() {
        let path = args.socket.clone().map_or_else(default_socket, Ok)?;
        let listener = if is_shared { Listener::unix_for_all(path) } else { Listener::unix(path) }?;
        if let Some(folder) = listener.closed_folder().filter(|_| is_shared) {
            console.warn(&format_args!(
                "a profile allows other users, but they cannot enter `{}`, the folder of the \
                 socket; choose another `--socket`, or run `chmod o+x {}`",
                opened(&folder),
                quoted(&folder)
            ));
        }
        listeners.push(configured(args, listener));
    }
    Ok(listeners)
}

/// A value of `--listen`.
#[derive(Clone, Debug)]
pub(super) struct ListenAddress {
    pub(super) address: SocketAddr,
    /// The only profile, whose calls are served at the root.
    profile: Option<String>,
}

/// Parses `127.0.0.1:7523`, `[::1]:7523` or `localhost:7523`, with or without `=PROFILE`.
pub(super) fn address(text: &str) -> Result<ListenAddress, &'static str> {
    let (address, profile) = match text.split_once('=') {
        Some((address, profile)) => (address, Some(profile.to_owned())),
        None => (text, None),
    };
    let address = match address.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => address.to_owned(),
    };
    let address = address.parse();
    let address =
        address.map_err(|_| "expected an address and a port, such as 127.0.0.1:7523[=PROFILE]")?;
    Ok(ListenAddress { address, profile })
}

/// Returns the profiles of the TCP addresses; `None` for an address that serves every profile.
pub(super) fn served_on_tcp(args: &Args, inherited: &[Inherited]) -> BTreeSet<Option<String>> {
    let of_flags = args.listen.iter().map(|listen| listen.profile.clone());
    let is_tcp = |inherited: &&Inherited| matches!(inherited, Inherited::Tcp(_));
    of_flags.chain(inherited.iter().filter(is_tcp).map(|_| None)).collect()
}

/// Refuses the name of a profile that is not served.
pub(super) fn check_profiles(args: &Args, profiles: &Profiles) -> Result<(), Failure> {
    let mut names = args.listen.iter().filter_map(|listen| listen.profile.as_deref());
    match names.find(|name| !profiles.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let hint = "name a profile of config.toml, or `default` for a login without a profile";
            let why = format!("`--listen`: the service has no profile `{}`", redact::name(name));
            Err(Failure::new("settings.profile", Some(hint), why))
        }
    }
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

fn configured(args: &Args, listener: Listener) -> Listener {
    let listener = if args.proxy_only { listener.calls_only() } else { listener };
    if args.open_loopback { listener.open_loopback() } else { listener }
}

pub(super) fn default_socket() -> Result<PathBuf, Failure> {
    let runtime = folder("XDG_RUNTIME_DIR").ok_or_else(|| {
        UsageError::missing("`--socket` (XDG_RUNTIME_DIR is not set)", "orgtoken serve")
    })?;
    Ok(runtime.join("orgtoken/orgtoken.sock"))
}
