//! Caches for the state of a login, shared by tasks, processes and hosts.
//!
//! A [`TokenCache`] holds the token of a login, the times of its recent attempts and its last
//! failure. It also grants the right to log in, a [`Lease`], to one caller at a time. A
//! [`MemoryCache`] serves one process, a [`FileCache`] all processes of this user on this machine,
//! and a `RedisCache` (feature `redis`, on by default) many hosts.
//!
//! ```
//! use std::sync::Arc;
//!
//! use orgtoken_assertion::SigningKey;
//! use orgtoken_client::LoginSource;
//! use orgtoken_client::cache::{CacheFolder, LoginId, SealingKey};
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
//! let login_id = LoginId { client_id: "3MVG9…".into(), endpoint, username: "robot@acme.com".into() };
//! # let (client_id, username) = (login_id.client_id.clone(), login_id.username.clone());
//! # let login = Login::new(client_id, username, Arc::new(key), resolution);
//! let cache = CacheFolder::open(&folder)?.entry(login_id, Arc::new(seal), allowed);
//! assert!(cache.peek().token.is_none());
//!
//! let source = LoginSource::builder(login, transport).cache(Box::new(cache)).build();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Entries outside the process are sealed: a [`SealingKey`] is derived from the private key, so
//! only those who could log in anyway can open them. Each entry is bound to its login and its
//! place. This protects a copied folder and a shared server. It does not protect a machine that has
//! the private key.
//!
//! A cache never fails, and never waits for the disk.

use std::fs::File;
use std::future::ready;
use std::time::Duration;

mod boot_secrets;
mod choice;
pub use choice::CacheLocations;
#[cfg(feature = "redis")]
pub use choice::redis_server;
mod entry;
mod failures;
pub use failures::CachedFailure;
mod file;
pub use file::{CacheFolder, FileCache, Listing};
mod folder;
pub use folder::FolderError;
mod memory;
pub use memory::MemoryCache;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
pub use redis::{RedisCache, RedisFault, RedisServer, RedisUrlError};
mod seal;
pub use seal::SealingKey;
mod state;
pub use state::{LoginId, State};

use crate::BoxFuture;

/// The cached state of one login.
///
/// A cache never fails. An entry that cannot be read is a miss, and one that cannot be written is
/// lost: either costs one login at most. A warning is logged.
///
/// The trait is sealed: only the caches of this crate implement it.
pub trait TokenCache: sealed::Sealed + Send + Sync {
    /// Returns the state that was saved last, or an empty one.
    fn load(&self) -> BoxFuture<'_, State>;

    /// Waits for the right to log in.
    ///
    /// * `lasts`: the longest time that a login takes; a holder that takes longer loses the right
    ///   to a caller that waits
    fn lease(&self, lasts: Duration) -> BoxFuture<'_, Lease>;

    /// Saves `state`, unless the lease was lost in the meantime.
    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> BoxFuture<'a, ()>;

    /// Releases the right to log in. A lease that is only dropped may last until it times out.
    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        drop(lease);
        Box::pin(ready(()))
    }
}

mod sealed {
    use super::{FileCache, MemoryCache};

    #[expect(unnameable_types, reason = "a trait that others cannot name seals `TokenCache`")]
    pub trait Sealed {}

    impl Sealed for FileCache {}
    impl Sealed for MemoryCache {}
    #[cfg(feature = "redis")]
    impl Sealed for super::RedisCache {}
}

/// The right to log in, released by [`TokenCache::release`].
#[derive(Debug)]
#[must_use = "the right to log in ends when it is dropped"]
pub struct Lease(Holder);

/// The object that proves the right to log in.
#[derive(Debug)]
enum Holder {
    /// The cache could not grant it; the login continues without it.
    None,
    /// A lock on a file.
    File(File),
    /// Nothing: a single process uses the cache.
    Memory,
    /// The random value of a lease in Redis.
    #[cfg(feature = "redis")]
    Redis(String),
}

impl Lease {
    /// No lease: the cache could not grant one, and the login continues without it.
    pub const NONE: Self = Self(Holder::None);

    /// Whether the cache granted it.
    pub fn is_held(&self) -> bool {
        !matches!(self.0, Holder::None)
    }
}
