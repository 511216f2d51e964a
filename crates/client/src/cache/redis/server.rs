//! The entries of all logins in a server.

use std::borrow::Cow;
use std::collections::BTreeSet;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::AllowedHosts;
use redis::FromRedisValue;

use super::connection::{Connection, Fault};
use super::url::{Address, RedisUrlError};
use super::{AFTER, BEFORE, command, state_key};
use crate::cache::{Listing, SealingKey, State};
use crate::{Timestamp, Transport};

/// A Redis server, to list and remove the entries of logins.
#[derive(Debug)]
pub struct RedisServer {
    connection: Connection,
}

impl RedisServer {
    /// Uses the server at this URL; see [`RedisCache::new`](crate::cache::RedisCache::new).
    pub fn new(
        url: &str,
        transport: &Transport,
        allowed_hosts: &AllowedHosts,
    ) -> Result<Self, RedisUrlError> {
        let address = Address::parse(url, allowed_hosts)?;
        Ok(Self { connection: Connection::new(address, transport.clone()) })
    }

    /// Returns the number of entries, and those that `key` opens.
    pub async fn states(
        &self,
        key: &SealingKey,
        allowed_hosts: &AllowedHosts,
    ) -> Result<Listing, RedisFault> {
        let (mut opened, mut count) = (Vec::new(), 0);
        for name in self.names().await? {
            let Some(sealed) = self.sealed(&name).await? else { continue };
            count += 1;
            let plain = key.open(&name, &sealed);
            opened.extend(
                plain.and_then(|plain| State::from_bytes(&plain, allowed_hosts, Timestamp::now())),
            );
        }
        Ok(Listing { opened, count })
    }

    /// Removes every entry that `key` opens, and returns how many there were.
    pub async fn clear(&self, key: &SealingKey) -> Result<usize, RedisFault> {
        let mut forgotten = 0;
        for name in self.names().await? {
            let sealed = self.sealed(&name).await?;
            if sealed.is_some_and(|sealed| key.open(&name, &sealed).is_some()) {
                forgotten += self.ask::<usize>(&["DEL", &state_key(&name)]).await?;
            }
        }
        Ok(forgotten)
    }

    async fn sealed(&self, name: &str) -> Result<Option<Vec<u8>>, RedisFault> {
        self.ask(&["GET", &state_key(name)]).await
    }

    /// Returns the names in order, and each once: a server may return one twice.
    async fn names(&self) -> Result<BTreeSet<String>, RedisFault> {
        let (mut names, mut cursor) = (BTreeSet::new(), "0".to_owned());
        loop {
            let words = ["SCAN", &cursor, "MATCH", &state_key("*"), "COUNT", "1000"];
            let (next, keys) = self.ask::<(String, Vec<String>)>(&words).await?;
            names.extend(keys.iter().filter_map(|key| name_in(key)).map(str::to_owned));
            if next == "0" {
                return Ok(names);
            }
            cursor = next;
        }
    }

    async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> Result<T, RedisFault> {
        let answer = self.connection.attempt(&command(words)).await;
        answer.map_err(|fault| RedisFault { at: format!("{:?}", self.connection), fault })
    }
}

/// A server that does not respond, or responds with an error.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the token cache at {at}")]
pub struct RedisFault {
    at: String,
    #[source]
    fault: Fault,
}

impl Diagnostic for RedisFault {
    fn code(&self) -> &str {
        "cache.redis"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some("check that the server runs and accepts the user in the URL of the cache".into())
    }
}

fn name_in(key: &str) -> Option<&str> {
    key.strip_prefix(BEFORE)?.strip_suffix(AFTER)
}
