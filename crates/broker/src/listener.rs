//! Gates 1 and 2: the sockets of a broker.

mod error;
pub use error::ListenError;
mod socket;
pub(crate) use socket::connect_at_once;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use orgtoken_oauth::redact;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use self::socket::SocketFile;
use crate::checks::{Endpoint, EndpointPolicy, Serves};
use crate::{CurrentBearer, Peer};

/// A socket on which clients reach a broker. It has to be created inside the tokio runtime that
/// serves it.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    policy: EndpointPolicy,
}

impl Listener {
    /// Listens on a Unix socket that only this user and root can reach (mode 0600).
    ///
    /// Its folder is created with mode 0700 if it does not exist. No other user may have write
    /// access to the folder or to one above it. A socket of a dead process is replaced; one that is
    /// still served is not.
    pub fn unix(path: impl AsRef<Path>) -> Result<Self, ListenError> {
        Self::bind(path.as_ref(), false)
    }

    /// Listens on a Unix socket that every user can reach: mode 0666, in a folder that is created
    /// with mode 0755. The kernel names the user of a connection, and [`Access`](crate::Access)
    /// decides which users get a token.
    pub fn unix_for_all(path: impl AsRef<Path>) -> Result<Self, ListenError> {
        Self::bind(path.as_ref(), true)
    }

    /// Listens on `127.0.0.1` or `::1`. Requests need the token of [`Listener::bearer`].
    pub fn tcp(address: SocketAddr) -> Result<Self, ListenError> {
        let listener = std::net::TcpListener::bind(loopback(address)?)
            .map_err(|source| ListenError::Bind { at: address.to_string(), source })?;
        Self::from_tcp(listener)
    }

    /// Takes over a Unix socket of a service manager, which chooses its mode.
    pub fn from_unix(listener: StdUnixListener) -> Result<Self, ListenError> {
        let listener =
            register(listener, StdUnixListener::set_nonblocking, UnixListener::from_std)?;
        Ok(Self { socket: Socket::Unix(listener, None), policy: Endpoint::Unix.into() })
    }

    /// Takes over a TCP socket of a service manager, if it is on the loopback.
    pub fn from_tcp(listener: std::net::TcpListener) -> Result<Self, ListenError> {
        let address = listener.local_addr().map_err(ListenError::inherited)?;
        let port = loopback(address)?.port();
        let bearer = CurrentBearer::default();
        let policy = Endpoint::Tcp { port, is_open: false, bearer }.into();
        let nonblocking = std::net::TcpListener::set_nonblocking;
        let listener = register(listener, nonblocking, TcpListener::from_std)?;
        Ok(Self { socket: Socket::Tcp(listener), policy })
    }

    /// Sets the bearer token of TCP clients; default: none, and requests that need it are rejected.
    /// Listeners that serve different profiles should have different ones. A Unix socket needs no
    /// bearer token, and does not change.
    #[must_use]
    pub fn bearer(mut self, current: impl Into<CurrentBearer>) -> Self {
        if let Endpoint::Tcp { bearer, .. } = &mut self.policy.endpoint {
            *bearer = current.into();
        }
        self
    }

    /// Serves `/onify/access-token`, with the token of each profile, and the calls of the default
    /// profile or of the one of [`Listener::calls_of`], on TCP without the bearer token: for a
    /// container or sidecar in which every process may have these tokens. The other checks remain. A
    /// Unix socket needs no bearer token, and does not change.
    #[must_use]
    pub fn open_loopback(mut self) -> Self {
        if let Endpoint::Tcp { is_open, .. } = &mut self.policy.endpoint {
            *is_open = true;
        }
        self
    }

    /// Serves calls only, under `/proxy/PROFILE/`, and no token: for callers that must not see one.
    #[must_use]
    pub fn calls_only(mut self) -> Self {
        self.policy.serves = Serves::Calls;
        self
    }

    /// Serves the calls of one profile only, at the root: the listener then looks like the org
    /// itself. There are no tokens and no other profiles.
    #[must_use]
    pub fn calls_of(mut self, profile: impl Into<Arc<str>>) -> Self {
        self.policy.serves = Serves::CallsOf(profile.into());
        self
    }

    /// Duplicates the listener for another runtime: the one in which this is called.
    ///
    /// Each client is accepted by one of the duplicates. The file of a Unix socket is removed with
    /// the last of them.
    ///
    /// # Errors
    ///
    /// [`ListenError::Bind`], if no descriptor is left.
    pub fn try_clone(&self) -> Result<Self, ListenError> {
        let refused = |source| ListenError::Bind { at: self.to_string(), source };
        let socket = self.socket.try_clone().map_err(refused)?;
        Ok(Self { socket, policy: self.policy.clone() })
    }

    /// The address, with the port that the system chose for port 0; none for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(..) => None,
        }
    }

    /// Returns the first folder above a Unix socket that other users may not enter: they cannot
    /// reach the socket, whatever its mode. `None` also for a socket of a service manager.
    pub fn closed_folder(&self) -> Option<PathBuf> {
        match &self.socket {
            Socket::Unix(_, Some(file)) => file.closed_folder(),
            Socket::Tcp(_) | Socket::Unix(_, None) => None,
        }
    }

    pub(crate) fn policy(&self) -> &EndpointPolicy {
        &self.policy
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        Ok(match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                Stream::Tcp(stream, from.ip())
            }
            Socket::Unix(listener, _) => Stream::Unix(listener.accept().await?.0),
        })
    }

    fn bind(path: &Path, is_shared: bool) -> Result<Self, ListenError> {
        let (listener, file) = SocketFile::bind(path, is_shared)?;
        let listener =
            register(listener, StdUnixListener::set_nonblocking, UnixListener::from_std)?;
        let file = Some(Arc::new(file));
        Ok(Self { socket: Socket::Unix(listener, file), policy: Endpoint::Unix.into() })
    }
}

/// The address or path.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Socket::Tcp(_) => match self.local_addr() {
                Some(address) => write!(f, "http://{address}"),
                None => f.write_str("the loopback"),
            },
            Socket::Unix(_, Some(file)) => {
                f.write_str(redact::path(&file.path().to_string_lossy()))
            }
            Socket::Unix(_, None) => f.write_str("the socket of the service manager"),
        }
    }
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, Option<Arc<SocketFile>>),
}

impl Socket {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(TcpListener::from_std(again(listener)?)?),
            Self::Unix(listener, file) => {
                Self::Unix(UnixListener::from_std(again(listener)?)?, file.clone())
            }
        })
    }
}

/// An accepted connection.
pub(crate) enum Stream {
    Tcp(TcpStream, IpAddr),
    Unix(UnixStream),
}

impl Stream {
    /// Returns the peer; `None` if it is on another machine, or if the kernel does not name it.
    pub(crate) fn peer(&self) -> Option<Peer> {
        match self {
            Self::Tcp(_, from) => is_loopback(*from).then_some(Peer::Loopback),
            Self::Unix(stream) => {
                let peer = stream.peer_cred().ok()?;
                Some(Peer::User { uid: peer.uid(), gid: peer.gid(), pid: peer.pid() })
            }
        }
    }
}

fn register<S: AsFd, T>(
    listener: S,
    set_nonblocking: impl Fn(&S, bool) -> io::Result<()>,
    from_std: impl Fn(S) -> io::Result<T>,
) -> Result<T, ListenError> {
    // Without `listen`, each accept would fail. macOS cannot tell.
    #[cfg(not(target_vendor = "apple"))]
    match rustix::net::sockopt::socket_acceptconn(&listener) {
        Ok(true) => {}
        Ok(false) => return Err(ListenError::inherited(io::ErrorKind::InvalidInput.into())),
        Err(errno) => return Err(ListenError::inherited(errno.into())),
    }
    set_nonblocking(&listener, true).map_err(ListenError::inherited)?;
    from_std(listener).map_err(ListenError::inherited)
}

/// Duplicates the descriptor, which stays non-blocking.
fn again<S: From<OwnedFd>>(listener: &impl AsFd) -> io::Result<S> {
    listener.as_fd().try_clone_to_owned().map(S::from)
}

/// Gate 2, which cannot be turned off.
fn loopback(address: SocketAddr) -> Result<SocketAddr, ListenError> {
    if is_loopback(address.ip()) { Ok(address) } else { Err(ListenError::NotLoopback { address }) }
}

fn is_loopback(address: IpAddr) -> bool {
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(&address)
}

#[cfg(test)]
mod tests;
