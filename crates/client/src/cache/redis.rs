//! The state of a login in Redis, shared by hosts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_oauth::AllowedHosts;
use redis::{Cmd, cmd};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

mod connection;
use connection::Connection;
mod server;
pub use server::{RedisFault, RedisServer};
mod url;
use url::Address;
pub use url::RedisUrlError;

use super::entry::Entry;
use super::{Holder, Lease, LoginId, SealingKey, State, TokenCache};
use crate::{BoxFuture, Transport, random};

/// The sealed state of one login in a Redis server. One host at a time logs in.
///
/// The right to log in is a key with a time to live, [set if it does not exist]. It lasts as long
/// as a login can take. A holder that was paused for longer costs one more login, and does not
/// overwrite the newer entry.
///
/// A server that does not respond is a miss: the login continues without it.
///
/// [set if it does not exist]: https://redis.io/docs/latest/commands/set/#patterns
pub struct RedisCache {
    connection: Connection,
    entry: Entry,
}

impl RedisCache {
    /// Uses the server at a `redis://` or `rediss://` URL, with the roots of `transport` but never
    /// through its proxy. It connects at the first use.
    ///
    /// `redis://` is not encrypted, and is accepted for this machine and for `allowed_hosts` only.
    pub fn new(
        url: &str,
        transport: &Transport,
        login_id: LoginId,
        key: Arc<SealingKey>,
        allowed_hosts: AllowedHosts,
    ) -> Result<Self, RedisUrlError> {
        let address = Address::parse(url, &allowed_hosts)?;
        let connection = Connection::new(address, transport.clone());
        Ok(Self { connection, entry: Entry::new(login_id, key, allowed_hosts) })
    }

    async fn read(&self) -> State {
        let get = command(&["GET", &state_key(self.entry.name())]);
        let sealed = self.connection.ask::<Option<Vec<u8>>>(&get).await.flatten();
        sealed.map(|sealed| self.entry.open(&sealed)).unwrap_or_default()
    }

    /// Waits for the right to log in.
    ///
    /// It waits for two leases: the first holder may be paused, and the next one as well.
    async fn lock(&self, lasts: Duration) -> Lease {
        let holder = format!("{:016x}{:016x}", random::number(), random::number());
        let millis = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX).to_string();
        let take = command(&["SET", &lease_key(self.entry.name()), &holder, "NX", "PX", &millis]);
        let (until, mut pause) = (Instant::now() + lasts * 2, SHORTEST_PAUSE);
        while Instant::now() < until {
            match self.connection.ask::<bool>(&take).await {
                Some(true) => return Lease(Holder::Redis(holder)),
                Some(false) if pause == SHORTEST_PAUSE => {
                    info!("another host holds the login lock; waiting");
                }
                Some(false) => {}
                None => return Lease::NONE,
            }
            sleep(pause / 2 + random::part_of(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let seconds = (lasts * 2).as_secs_f32();
        warn!("other hosts have held the login lock for {seconds:.0} s; not waiting any longer");
        Lease::NONE
    }

    /// Writes the entry. With a lease, only while the lease lasts.
    async fn write(&self, sealed: &[u8], lease: &Lease) {
        let millis = u64::try_from(SAVED_FOR.as_millis()).unwrap_or(u64::MAX);
        let state = state_key(self.entry.name());
        let Holder::Redis(holder) = &lease.0 else {
            let mut set = command(&["SET", &state]);
            set.arg(sealed).arg("PX").arg(millis);
            self.connection.ask::<()>(&set).await;
            return;
        };
        let mut save = command(&["EVAL", SAVE, "2", &lease_key(self.entry.name()), &state, holder]);
        save.arg(sealed).arg(millis);
        if self.connection.ask::<bool>(&save).await == Some(false) {
            info!("the login took longer than its lease; the entry in Redis stays");
        }
    }

    async fn give_back(&self, holder: &str) {
        let release = command(&["EVAL", RELEASE, "1", &lease_key(self.entry.name()), holder]);
        self.connection.ask::<bool>(&release).await;
    }
}

impl TokenCache for RedisCache {
    fn load(&self) -> BoxFuture<'_, State> {
        Box::pin(self.read())
    }

    fn lease(&self, lasts: Duration) -> BoxFuture<'_, Lease> {
        Box::pin(self.lock(lasts))
    }

    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> BoxFuture<'a, ()> {
        let sealed = self.entry.seal(state);
        Box::pin(async move {
            match sealed {
                Some(sealed) => self.write(&sealed, lease).await,
                None => warn!("cannot seal the token: no random numbers"),
            }
        })
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Holder::Redis(holder) = &lease.0 {
                self.give_back(holder).await;
            }
        })
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache").field("at", &self.connection).finish_non_exhaustive()
    }
}

/// Redis Cluster hashes only the part in braces, so both keys of a login are on one server.
fn state_key(name: &str) -> String {
    format!("{BEFORE}{name}{AFTER}")
}

fn lease_key(name: &str) -> String {
    format!("{BEFORE}{name}}}:lease")
}

fn command(words: &[&str]) -> Cmd {
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command
}

const BEFORE: &str = "orgtoken:{";
const AFTER: &str = "}:login";

/// Returns 1 if the caller still has the lease.
const SAVE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1";

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

/// Longer than the lifetime of tokens and cached failures.
const SAVED_FOR: Duration = Duration::from_secs(25 * 60 * 60);

const SHORTEST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(128);
