//! Gates 1 and 2: where the broker can be reached at all.

mod error;
pub use error::ListenError;
mod socket;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use self::socket::SocketFile;
use crate::checks::EndpointPolicy;
use crate::{Bearer, Peer};

/// A place where clients can reach a broker. To make one there has to be a tokio runtime: the one
/// that serves it.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    policy: Arc<EndpointPolicy>,
}

impl Listener {
    /// Listens on a Unix socket that only this user and root can reach.
    ///
    /// Its folder is made with mode 0700 if there is none, and has to be one that nobody else can
    /// write to. A socket that a dead process left is replaced; one that a living one serves is
    /// not.
    pub fn unix(path: impl AsRef<Path>) -> Result<Self, ListenError> {
        Self::bind(path.as_ref(), false)
    }

    /// Listens on a Unix socket that the group of this process can reach as well (folder 0750,
    /// socket 0660); whether a peer has a token is for [`Access`](crate::Access) to say.
    pub fn unix_for_group(path: impl AsRef<Path>) -> Result<Self, ListenError> {
        Self::bind(path.as_ref(), true)
    }

    /// Listens on `127.0.0.1` or `::1`. Whoever asks for a token has to show the bearer token.
    pub fn tcp(address: SocketAddr, bearer: Bearer) -> Result<Self, ListenError> {
        let listener = std::net::TcpListener::bind(loopback(address)?)
            .map_err(|source| ListenError::Bind { at: address.to_string(), source })?;
        Self::from_tcp(listener, bearer)
    }

    /// Takes over a Unix socket that a service manager listens on; its mode is the manager's
    /// affair.
    pub fn from_unix(listener: StdUnixListener) -> Result<Self, ListenError> {
        let listener =
            register(listener, StdUnixListener::set_nonblocking, UnixListener::from_std)?;
        Ok(Self { socket: Socket::Unix(listener, None), policy: Arc::new(EndpointPolicy::Unix) })
    }

    /// Takes over a TCP socket that a service manager listens on, if it is on the loopback.
    pub fn from_tcp(listener: std::net::TcpListener, bearer: Bearer) -> Result<Self, ListenError> {
        let address = listener.local_addr().map_err(ListenError::inherited)?;
        let policy = EndpointPolicy::Tcp {
            port: loopback(address)?.port(),
            bearer: Some(bearer),
            is_open: false,
        };
        let nonblocking = std::net::TcpListener::set_nonblocking;
        let listener = register(listener, nonblocking, TcpListener::from_std)?;
        Ok(Self { socket: Socket::Tcp(listener), policy: Arc::new(policy) })
    }

    /// Takes requests for `/onify/access-token` without a bearer token: for a container or sidecar
    /// of its own, where whoever reaches the loopback may have the token. The other gates hold.
    /// Before [`Listener::try_clone`].
    #[must_use]
    pub fn open_loopback(mut self) -> Self {
        if let Some(EndpointPolicy::Tcp { is_open, .. }) = Arc::get_mut(&mut self.policy) {
            *is_open = true;
        }
        self
    }

    /// The same place once more, for another runtime: for the one in which this is called.
    ///
    /// Each client is met by one of all that listen there. The file of a Unix socket goes with the
    /// last of them.
    ///
    /// # Errors
    ///
    /// [`ListenError::Bind`], if the system has no file left for it.
    pub fn try_clone(&self) -> Result<Self, ListenError> {
        let refused = |source| ListenError::Bind { at: self.to_string(), source };
        let socket = self.socket.try_clone().map_err(refused)?;
        Ok(Self { socket, policy: Arc::clone(&self.policy) })
    }

    /// The address, with the port that the system chose for port 0; none for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(..) => None,
        }
    }

    pub(crate) fn policy(&self) -> &Arc<EndpointPolicy> {
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
        Ok(Self { socket: Socket::Unix(listener, file), policy: Arc::new(EndpointPolicy::Unix) })
    }
}

/// Where it listens, for a person.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Socket::Tcp(_) => match self.local_addr() {
                Some(address) => write!(f, "http://{address}"),
                None => f.write_str("the loopback"),
            },
            Socket::Unix(_, Some(file)) => write!(f, "{}", file.path().display()),
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

/// A connection, and who is on the other end.
pub(crate) enum Stream {
    Tcp(TcpStream, IpAddr),
    Unix(UnixStream),
}

impl Stream {
    /// `None` is someone who cannot be on this machine, or whom the kernel does not name.
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

fn register<S, T>(
    listener: S,
    set_nonblocking: impl Fn(&S, bool) -> io::Result<()>,
    from_std: impl Fn(S) -> io::Result<T>,
) -> Result<T, ListenError> {
    set_nonblocking(&listener, true).map_err(ListenError::inherited)?;
    from_std(listener).map_err(ListenError::inherited)
}

/// Another descriptor of the same socket, which does not block either.
fn again<S: From<OwnedFd>>(listener: &impl AsFd) -> io::Result<S> {
    listener.as_fd().try_clone_to_owned().map(S::from)
}

/// Gate 2: there is no flag to get around it.
fn loopback(address: SocketAddr) -> Result<SocketAddr, ListenError> {
    if is_loopback(address.ip()) { Ok(address) } else { Err(ListenError::NotLoopback { address }) }
}

fn is_loopback(address: IpAddr) -> bool {
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(&address)
}

#[cfg(test)]
mod tests;
