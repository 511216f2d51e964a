use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;

/// A broker that cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The system refused the address.
    #[error("cannot listen on `{}`", place(at))]
    Bind {
        /// The address or the path.
        at: String,
        /// The system's error.
        source: io::Error,
    },
    /// The folder of the socket cannot be created or read.
    #[error("cannot use the folder `{}`", redact::path(&folder.to_string_lossy()))]
    Folder {
        /// The folder of the socket.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another broker serves this socket.
    #[error("`{}` is in use by another process", redact::path(&path.to_string_lossy()))]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The descriptor of a service manager is not a listening socket.
    #[error("cannot use the socket of the service manager")]
    Inherited {
        /// The system's error.
        source: io::Error,
    },
    /// The address is not on the loopback.
    #[error("`{address}` is not a loopback address")]
    NotLoopback {
        /// As it was given.
        address: SocketAddr,
    },
    /// Something else is at the path of the socket or of its lock file.
    #[error("`{}` is not {expected}", redact::path(&path.to_string_lossy()))]
    Occupied {
        /// The path.
        path: PathBuf,
        /// A regular file or a socket.
        expected: &'static str,
    },
    /// The path is longer than the system allows.
    #[error(
        "the path of the socket has {length} bytes, more than the system's limit of {}",
        super::socket::LONGEST_PATH
    )]
    PathTooLong {
        /// In bytes.
        length: usize,
    },
    /// Other users could replace the socket.
    #[error("other users control the folder `{}`", redact::path(&folder.to_string_lossy()))]
    Unsafe {
        /// A folder on the way to the socket.
        folder: PathBuf,
    },
}

impl Diagnostic for ListenError {
    fn code(&self) -> &str {
        match self {
            Self::Bind { .. } => "net.listen",
            Self::Folder { .. } => "io.socket_folder",
            Self::InUse { .. } => "net.in_use",
            Self::Inherited { .. } => "net.inherited",
            Self::NotLoopback { .. } => "settings.listen",
            Self::Occupied { .. } => "io.not_socket",
            Self::PathTooLong { .. } => "settings.socket",
            Self::Unsafe { .. } => "io.socket_folder",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Bind { .. } | Self::Inherited { .. } => return None,
            Self::Folder { .. } => {
                "choose a folder that is yours, such as `$XDG_RUNTIME_DIR`".into()
            }
            Self::InUse { .. } => "use the service that runs there, or stop it first".into(),
            Self::NotLoopback { .. } => {
                "listen on 127.0.0.1 or [::1]; for other machines run a service on each".into()
            }
            Self::Occupied { path, .. } => format!(
                "move `{}` away, or choose another path",
                redact::path(&path.to_string_lossy())
            )
            .into(),
            Self::PathTooLong { .. } => "choose a shorter path".into(),
            // The message names the folder. A command that has its name would have to quote it.
            Self::Unsafe { .. } => "give the folder to root or to the user of the service, and \
                take write access from all others (`chmod go-w`); or choose another folder"
                .into(),
        })
    }
}

impl ListenError {
    pub(crate) fn inherited(source: io::Error) -> Self {
        Self::Inherited { source }
    }
}

/// A socket's path or address.
fn place(at: &str) -> &str {
    if redact::host(at) == at { at } else { redact::path(at) }
}
