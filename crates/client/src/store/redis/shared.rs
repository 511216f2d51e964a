//! What a server keeps of all logins.

use std::collections::BTreeSet;

use orgtoken_oauth::AllowedHosts;
use redis::{FromRedisValue, cmd};

use super::line::{Fault, Line};
use super::url::{Address, RedisUrlError};
use crate::store::{Listing, SealingKey, State};
use crate::{Moment, Transport};

/// A Redis server in which logins are kept, for whoever wants to see or forget them.
#[derive(Debug)]
pub struct RedisCache {
    line: Line,
}

impl RedisCache {
    /// As [`RedisStore::new`](crate::store::RedisStore::new).
    pub fn new(url: &str, transport: &Transport) -> Result<Self, RedisUrlError> {
        Ok(Self { line: Line::new(Address::parse(url)?, transport.clone()) })
    }

    /// How many states it keeps, and those of them that `key` opens.
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
                plain.and_then(|plain| State::from_bytes(&plain, allowed_hosts, Moment::now())),
            );
        }
        Ok(Listing { opened, count })
    }

    /// Forgets every state that `key` opens; says how many there were. Those of others are theirs,
    /// and turns go on as they were.
    pub async fn clear(&self, key: &SealingKey) -> Result<usize, RedisFault> {
        let mut forgotten = 0;
        for name in self.names().await? {
            let sealed = self.sealed(&name).await?;
            if sealed.is_some_and(|sealed| key.open(&name, &sealed).is_some()) {
                forgotten += self.ask::<usize>("HDEL", &[&state(&name), "sealed"]).await?;
            }
        }
        Ok(forgotten)
    }

    async fn sealed(&self, name: &str) -> Result<Option<Vec<u8>>, RedisFault> {
        self.ask("HGET", &[&state(name), "sealed"]).await
    }

    /// In order, and each once: a server may name one twice.
    async fn names(&self) -> Result<BTreeSet<String>, RedisFault> {
        let (mut names, mut cursor) = (BTreeSet::new(), "0".to_owned());
        loop {
            let words = [&cursor, "MATCH", &state("*"), "COUNT", "1000"];
            let (next, keys) = self.ask::<(String, Vec<String>)>("SCAN", &words).await?;
            names.extend(keys.iter().filter_map(|key| name_in(key)).map(str::to_owned));
            if next == "0" {
                return Ok(names);
            }
            cursor = next;
        }
    }

    async fn ask<T: FromRedisValue>(&self, what: &str, words: &[&str]) -> Result<T, RedisFault> {
        let answer = self.line.attempt(cmd(what).arg(words)).await;
        answer.map_err(|fault| RedisFault { at: format!("{:?}", self.line), fault })
    }
}

/// A server does not answer, or with something else than it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the token cache at {at} cannot be used")]
pub struct RedisFault {
    at: String,
    #[source]
    fault: Fault,
}

impl RedisFault {
    /// A short name that stays the same.
    pub fn code(&self) -> &'static str {
        "cache.redis"
    }
}

fn state(name: &str) -> String {
    format!("{BEFORE}{name}{AFTER}")
}

fn name_in(key: &str) -> Option<&str> {
    key.strip_prefix(BEFORE)?.strip_suffix(AFTER)
}

const BEFORE: &str = "orgtoken:{";
const AFTER: &str = "}:state";
