use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisError};
use tokio::time::{Instant, timeout};
use tracing::warn;

use super::url::Address;
use crate::{Transport, TransportError};

/// A connection that is opened when it is needed, and opened anew when it broke.
pub(super) struct Line {
    address: Address,
    transport: Transport,
    open: Mutex<Option<MultiplexedConnection>>,
    /// A server that did not answer is not asked again before.
    rests_until: Mutex<Option<Instant>>,
}

impl Line {
    pub(super) fn new(address: Address, transport: Transport) -> Self {
        Self { address, transport, open: Mutex::default(), rests_until: Mutex::default() }
    }

    /// What the server answers; `None`, and a complaint in the log, if that is nothing of use.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if lock(&self.rests_until).is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let fault = match self.attempt(command).await {
            Ok(answer) => return Some(answer),
            Err(fault) => fault,
        };
        warn!("the token cache at {:?} is not used: {fault}", self.address);
        *lock(&self.open) = None;
        *lock(&self.rests_until) = Some(Instant::now() + REST);
        None
    }

    /// What the server answers, or why that is nothing of use.
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

impl fmt::Debug for Line {
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
/// So that a login costs one wait and one warning.
const REST: Duration = Duration::from_secs(5);
