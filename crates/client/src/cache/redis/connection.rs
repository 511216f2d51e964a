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

/// A connection to a Redis server, opened at the first use and after an error.
pub(super) struct Connection {
    address: Address,
    transport: Transport,
    open: Mutex<Option<MultiplexedConnection>>,
    /// The end of the pause after a server did not respond.
    paused_until: Mutex<Option<Instant>>,
    /// Whether a warning was logged since the server last responded.
    warned: AtomicBool,
}

impl Connection {
    pub(super) fn new(address: Address, transport: Transport) -> Self {
        let (open, paused_until) = (Mutex::default(), Mutex::default());
        Self { address, transport, open, paused_until, warned: AtomicBool::new(false) }
    }

    /// Returns the response of the server, or `None` after a failure, which is logged once.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if lock(&self.paused_until).is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let fault = match self.attempt(command).await {
            Ok(answer) => {
                self.warned.store(false, Ordering::Relaxed);
                return Some(answer);
            }
            Err(fault) => fault,
        };
        let message = format_args!("the token cache at {:?} is not used: {fault}", self.address);
        match self.warned.swap(true, Ordering::Relaxed) {
            true => debug!("{message}"),
            false => warn!("{message}"),
        }
        *lock(&self.open) = None;
        *lock(&self.paused_until) = Some(Instant::now() + PAUSE);
        None
    }

    /// Sends a command and returns the response of the server.
    pub(super) async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        timeout(TIMEOUT, self.answer(command)).await.unwrap_or(Err(Fault::Silent))
    }

    async fn answer<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        let open = lock(&self.open).clone();
        if let Some(mut connection) = open {
            match command.query_async(&mut connection).await {
                // The server closed the idle connection.
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
        // The task ends when the last clone of the connection is dropped.
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

/// A command without a response. The message of the server is not shown: it may quote the command.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("Redis reported {0}")]
    Redis(String),
    #[error("no response within {TIMEOUT:?}")]
    Silent,
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        Self::Redis(error.code().unwrap_or_else(|| error.category()).to_owned())
    }
}

/// A cache has to be faster than a login.
const TIMEOUT: Duration = Duration::from_secs(2);
/// One login waits for a silent server once.
const PAUSE: Duration = Duration::from_secs(5);
