use std::fmt;

/// The process at the other end of a connection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Peer {
    /// A process of this machine, over TCP: the kernel does not name it.
    Loopback,
    /// A process that connected to a Unix socket, as the kernel reports it (`SO_PEERCRED`).
    User {
        /// Its user.
        uid: u32,
        /// The group it runs under.
        gid: u32,
        /// Its process, if the kernel reports it.
        pid: Option<i32>,
    },
}

impl Peer {
    /// Whether it runs as root or as the broker's own user.
    pub(crate) fn is_owner_or_root(self, owner: u32) -> bool {
        matches!(self, Self::User { uid, .. } if uid == owner || uid == 0)
    }

    /// The key under which its requests and connections are counted.
    pub(crate) fn rate_key(self) -> RateKey {
        match self {
            Self::Loopback => RateKey::Loopback,
            Self::User { uid, .. } => RateKey::User(uid),
        }
    }
}

/// `uid=1001 pid=4242`, or `tcp`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("tcp"),
            Self::User { uid, pid: Some(pid), .. } => write!(f, "uid={uid} pid={pid}"),
            Self::User { uid, pid: None, .. } => write!(f, "uid={uid}"),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum RateKey {
    Loopback,
    User(u32),
}
