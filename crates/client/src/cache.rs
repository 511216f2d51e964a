//! Where the state of a login is kept between tasks, processes and hosts.
//!
//! A [`TokenCache`] keeps the token, how often somebody has logged in, and what was refused; and it
//! gives one of all that share it the right to log in, a [`Lease`]. A [`MemoryCache`] is this
//! process's, a [`FileCache`] is for all processes of this user on this machine, and with the
//! feature `redis` (on by default) there is a `RedisCache` for hosts.
//!
//! ```
//! use std::sync::Arc;
//!
//! use orgtoken_assertion::SigningKey;
//! use orgtoken_client::LoginSource;
//! use orgtoken_client::cache::{CacheFolder, SealingKey, LoginId};
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
//! let who = LoginId { client_id: "3MVG9…".into(), endpoint, username: "robot@acme.com".into() };
//! # let (client_id, username) = (who.client_id.clone(), who.username.clone());
//! # let login = Login::new(client_id, username, Arc::new(key), resolution);
//! let store = CacheFolder::open(&folder)?.entry(who, Arc::new(seal), allowed);
//! assert!(store.peek().token.is_none());
//!
//! let source = LoginSource::builder(login, transport).cache(store).build();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What leaves the process is sealed: a [`SealingKey`] derives from the private key, so that only
//! those who could log in anyway can open it. What is sealed is bound to its login and its place.
//! It protects a copied folder and a shared server, not a machine that holds the key.
//!
//! What is *not* done here: a store never fails, and nothing waits for the disk.

use std::fs::File;
use std::future::ready;
use std::time::Duration;

mod boot_secrets;
mod choice;
pub use choice::CacheLocations;
#[cfg(feature = "redis")]
pub use choice::redis_server;
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

/// Keeps the state of one login.
///
/// A store never fails. What it cannot read is a miss and what it cannot write is lost; either
/// costs a login at most. It warns in the log.
///
/// It is sealed: the stores of this crate implement it.
pub trait TokenCache: sealed::Sealed + Send + Sync {
    /// The state that was saved last, or an empty one.
    fn load(&self) -> BoxFuture<'_, State>;

    /// Waits for the right to log in while somebody else has it.
    ///
    /// `lasts` is the longest that a login takes: a holder that is paused or gone for longer has
    /// lost the right to whoever waits.
    fn lease(&self, lasts: Duration) -> BoxFuture<'_, Lease>;

    /// Saves `state`, unless the lease was lost to somebody else meanwhile.
    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> BoxFuture<'a, ()>;

    /// Gives the right to log in back. A lease that is only dropped may last until its time is up.
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
    impl<S: Sealed + ?Sized> Sealed for Box<S> {}
}

impl<S: TokenCache + ?Sized> TokenCache for Box<S> {
    fn load(&self) -> BoxFuture<'_, State> {
        (**self).load()
    }

    fn lease(&self, lasts: Duration) -> BoxFuture<'_, Lease> {
        (**self).lease(lasts)
    }

    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> BoxFuture<'a, ()> {
        (**self).save(state, lease)
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        (**self).release(lease)
    }
}

/// The right to log in. [`TokenCache::release`] gives it back.
#[derive(Debug)]
#[must_use = "the right to log in ends when it is dropped"]
pub struct Lease(Holder);

/// What holds the right to log in.
#[derive(Debug)]
enum Holder {
    /// The store could not give it: the login continues without.
    None,
    /// A lock on this file.
    File(File),
    /// The store of a single process.
    Memory,
    /// The lease in Redis with this random value.
    #[cfg(feature = "redis")]
    Redis(String),
}

impl Lease {
    /// No lease: the store could not give one, and the login continues without.
    pub const NONE: Self = Self(Holder::None);

    /// Whether the store gave it.
    pub fn is_held(&self) -> bool {
        !matches!(self.0, Holder::None)
    }
}
