use std::borrow::Cow;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the broker cannot be reached where it was told to listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The system refused the address.
    #[error("cannot listen on `{at}`")]
    Bind {
        /// The address or the path.
        at: String,
        /// The system's word.
        source: io::Error,
    },
    /// The folder of the socket cannot be made or looked at.
    #[error("cannot use the folder `{}`", folder.display())]
    Folder {
        /// Where the socket was to be.
        folder: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Another broker serves this socket.
    #[error("`{}` is in use by another process", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The socket that a service manager passed on is none.
    #[error("cannot use the socket of the service manager")]
    Inherited {
        /// The system's word.
        source: io::Error,
    },
    /// Others could reach it.
    #[error("`{address}` is not a loopback address")]
    NotLoopback {
        /// As it was given.
        address: SocketAddr,
    },
    /// Something else is there.
    #[error("`{}` is there and is no socket", path.display())]
    NotSocket {
        /// The path.
        path: PathBuf,
    },
    /// Longer than the system's address of a socket.
    #[error(
        "the path of the socket has {length} bytes, at most {} can be",
        super::socket::LONGEST_PATH
    )]
    PathTooLong {
        /// In bytes.
        length: usize,
    },
    /// Others could put a socket of theirs in its place.
    #[error("others can write to the folder `{}`", folder.display())]
    Unsafe {
        /// Where the socket was to be.
        folder: PathBuf,
    },
}

impl ListenError {
    /// A short name that stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "net.listen",
            Self::Folder { .. } => "io.socket_folder",
            Self::InUse { .. } => "net.in_use",
            Self::Inherited { .. } => "net.inherited",
            Self::NotLoopback { .. } => "settings.listen",
            Self::NotSocket { .. } => "io.not_socket",
            Self::PathTooLong { .. } => "settings.socket",
            Self::Unsafe { .. } => "io.socket_folder",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Bind { .. } | Self::Inherited { .. } => return None,
            Self::Folder { .. } => {
                "choose a folder that is yours, such as `$XDG_RUNTIME_DIR`".into()
            }
            Self::InUse { .. } => "use the service that runs there, or end it first".into(),
            Self::NotLoopback { .. } => {
                "listen on 127.0.0.1 or [::1]; for other machines run a service on each".into()
            }
            Self::NotSocket { path } => {
                format!("move `{}` away, or choose another path", path.display()).into()
            }
            Self::PathTooLong { .. } => "choose a shorter path".into(),
            Self::Unsafe { folder } => {
                format!("run `chmod go-w {}`, or choose a folder of your own", folder.display())
                    .into()
            }
        })
    }

    pub(crate) fn inherited(source: io::Error) -> Self {
        Self::Inherited { source }
    }
}
