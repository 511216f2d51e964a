use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisError};
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::url::Address;
use crate::{Transport, TransportError};

/// A connection to a Redis server that is opened when it is needed, and again after it broke.
pub(super) struct Connection {
    address: Address,
    transport: Transport,
    open: Mutex<Option<MultiplexedConnection>>,
    /// A server that did not answer is not asked again before.
    rests_until: Mutex<Option<Instant>>,
    /// Whether the log has a warning about it since it last answered.
    warned: AtomicBool,
}

impl Connection {
    pub(super) fn new(address: Address, transport: Transport) -> Self {
        let (open, rests_until) = (Mutex::default(), Mutex::default());
        Self { address, transport, open, rests_until, warned: AtomicBool::new(false) }
    }

    /// The server's answer, or `None` if there is none of use. The log has one warning about it.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if lock(&self.rests_until).is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let fault = match self.attempt(command).await {
            Ok(answer) => {
                self.warned.store(false, Ordering::Relaxed);
                return Some(answer);
            }
            Err(fault) => fault,
        };
        let words = format_args!("the token cache at {:?} is not used: {fault}", self.address);
        match self.warned.swap(true, Ordering::Relaxed) {
            true => debug!("{words}"),
            false => warn!("{words}"),
        }
        *lock(&self.open) = None;
        *lock(&self.rests_until) = Some(Instant::now() + REST);
        None
    }

    /// The server's answer, or why it is of no use.
    pub(super) async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        timeout(PATIENCE, self.answer(command)).await.unwrap_or(Err(Fault::Silent))
    }

    async fn answer<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        let open = lock(&self.open).clone();
        if let Some(mut connection) = open {
            match command.query_async(&mut connection).await {
                // It was closed while nobody used it.
                Err(error) if error.is_unrecoverable_error() => {}
                answer => return Ok(answer?),
            }
        }
        let mut connection = self.connect().await?;
        *lock(&self.open) = Some(connection.clone());
        Ok(command.query_async(&mut connection).await?)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Fault> {
        let stream = self.transport.stream(&self.address.origin).await?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let login = &self.address.login;
        let (connection, driver) =
            MultiplexedConnection::new_with_config(login, stream, config).await?;
        // It ends when the last clone of the connection is dropped.
        tokio::spawn(driver);
        Ok(connection)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why there is no answer. A message of the server is not repeated: it may quote what it was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("Redis says {0}")]
    Redis(String),
    #[error("it does not answer within {PATIENCE:?}")]
    Silent,
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        Self::Redis(error.code().unwrap_or_else(|| error.category()).to_owned())
    }
}

/// A cache is to be quicker than a login.
const PATIENCE: Duration = Duration::from_secs(2);
/// So that a login waits once.
const REST: Duration = Duration::from_secs(5);
