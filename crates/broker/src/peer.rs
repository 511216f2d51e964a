use std::fmt;

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Peer {
    /// Someone on this machine, over TCP: who, the kernel does not say.
    Loopback,
    /// A process on the other end of a Unix socket, as the kernel names it.
    User {
        /// Its user.
        uid: u32,
        /// The group it runs under.
        gid: u32,
        /// Its process, where the kernel says.
        pid: Option<i32>,
    },
}

impl Peer {
    /// Whose share of the limits it uses up.
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
