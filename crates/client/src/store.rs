//! Where the state of a login is kept between tasks, processes and hosts.
//!
//! A [`Store`] keeps the token, how often somebody has logged in, and what was refused; and it
//! gives one of all that share it the right to log in, a [`Lease`]. A [`MemoryStore`] is this
//! process's, a [`FileStore`] is for all processes of this user on this machine, and with the
//! feature `redis` there is a `RedisStore` for hosts. A store of your own is four methods.
//!
//! ```
//! use std::sync::Arc;
//!
//! use orgtoken_assertion::SigningKey;
//! use orgtoken_client::LoginSource;
//! use orgtoken_client::store::{Cache, SealingKey, Who};
//! # use orgtoken_client::{Login, Transport};
//! # use orgtoken_oauth::{AllowedHosts, Resolution};
//!
//! # const KEY: &[u8] = include_bytes!(concat!(
//! #     env!("CARGO_MANIFEST_DIR"),
//! #     "/../assertion/testdata/rfc7515-a2.pem"
//! # ));
//! # let (key, home) = (SigningKey::from_bytes(KEY)?, tempfile::tempdir()?);
//! # let (folder, allowed) = (home.path().join("cache"), AllowedHosts::none());
//! # let resolution = Resolution::resolve(None, None, None)?;
//! # let endpoint = resolution.endpoint().as_str().to_owned();
//! # let transport = Transport::builder().build();
//! let seal = SealingKey::derive(key.derive("the tokens of acme's robot").secret());
//! let who = Who { client_id: "3MVG9…".into(), endpoint, username: "robot@acme.com".into() };
//! # let (client_id, username) = (who.client_id.clone(), who.username.clone());
//! # let login = Login::new(client_id, username, Arc::new(key), resolution);
//! let store = Cache::open(&folder)?.store(who, Arc::new(seal), allowed);
//! assert!(store.peek().held.is_none());
//!
//! let source = LoginSource::with_store(login, transport, store);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What leaves the process is sealed: a [`SealingKey`] derives from the private key, so that only
//! those who could log in anyway can open it. What is sealed is bound to its login and its place.
//! It protects a copied folder and a shared server, not a machine that holds the key.
//!
//! What is *not* done here: a store never fails, and nothing waits for the disk.

use std::any::Any;
use std::fmt;

use orgtoken_assertion::UnixTime;

mod boot;
pub use boot::BootSecrets;
mod failure;
pub use failure::Failure;
mod file;
pub use file::{Cache, FileStore, Listing};
mod folder;
pub use folder::Unsafe;
mod lock;
mod memory;
pub use memory::MemoryStore;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
pub use redis::{RedisCache, RedisFault, RedisStore, RedisUrlError};
mod seal;
pub use seal::SealingKey;
mod state;
pub use state::{State, Who};

use crate::Work;

/// Keeps the state of one login.
///
/// A store never fails. What it cannot read is a miss and what it cannot write is lost; either
/// costs a login at most, and a token is worth more than a complaint. It complains in the log.
pub trait Store: Send + Sync {
    /// What is kept now, or nothing.
    fn load(&self) -> Work<'_, State>;

    /// Waits for the right to log in, for as long as somebody else has it, up to a limit.
    fn lease(&self) -> Work<'_, Lease>;

    /// Notes that a login begins, so that it counts even if nobody lives to keep what comes of it:
    /// whoever has the lease next is told. What is saved takes the place of the note.
    ///
    /// A store that does not outlive the process has nothing to note.
    fn begin(&self, _lease: &Lease, _at: UnixTime) {}

    /// Keeps `state` in place of what was kept, unless the lease was lost to somebody who kept
    /// something newer.
    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> Work<'a, ()>;
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn load(&self) -> Work<'_, State> {
        (**self).load()
    }

    fn lease(&self) -> Work<'_, Lease> {
        (**self).lease()
    }

    fn begin(&self, lease: &Lease, at: UnixTime) {
        (**self).begin(lease, at);
    }

    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> Work<'a, ()> {
        (**self).save(state, lease)
    }
}

/// The right to log in. It ends when it is dropped.
#[must_use = "the right to log in ends when it is dropped"]
pub struct Lease {
    grip: Option<Box<dyn Any + Send + Sync>>,
    begun: Vec<UnixTime>,
}

impl Lease {
    /// A lease that lasts as long as `grip` does.
    pub fn held_by(grip: impl Any + Send + Sync) -> Self {
        Self { grip: Some(Box::new(grip)), begun: Vec::new() }
    }

    /// Tells of logins that earlier holders began, and did not live to keep what came of them.
    pub fn after(self, begun: Vec<UnixTime>) -> Self {
        Self { begun, ..self }
    }

    /// Nobody gave it, and the login goes on all the same.
    pub const NONE: Self = Self { grip: None, begun: Vec::new() };

    /// What holds it, for the store that gave it.
    pub fn grip<T: Any>(&self) -> Option<&T> {
        self.grip.as_ref()?.downcast_ref()
    }

    /// When earlier holders began a login of which nothing was kept: they were killed in it.
    pub fn begun(&self) -> &[UnixTime] {
        &self.begun
    }

    /// Whether the store gave it.
    pub fn is_held(&self) -> bool {
        self.grip.is_some()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("held", &self.is_held()).finish()
    }
}
