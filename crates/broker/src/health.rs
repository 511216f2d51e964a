//! The health of a running broker: the response of `GET /healthz`, and its client.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;
use serde::{Deserialize, Serialize};

use crate::listener::connect_at_once;

/// The health of a running broker.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Whether all settings can be read.
    pub status: HealthStatus,
    /// The seconds until the first token expires, 0 after that; `None` before the first login.
    pub seconds_to_expiry: Option<u64>,
    /// The profiles whose settings cannot be read, for callers that may know their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
}

/// Whether a broker has valid settings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HealthStatus {
    /// All settings are valid.
    Ok,
    /// Some settings cannot be read. The broker uses the last valid ones.
    Degraded,
}

/// `ok` or `degraded`.
impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
        })
    }
}

impl Health {
    /// Asks the broker that listens on a Unix socket. Each step may take as long as `timeout`, so
    /// call it on a thread that may block.
    ///
    /// # Errors
    /// If there is no broker, or if it does not respond to this user.
    pub fn of_socket(path: &Path, timeout: Duration) -> Result<Self, HealthError> {
        let at = || redact::path(&path.to_string_lossy()).to_owned();
        let response = connect_at_once(path).and_then(|stream| {
            stream.set_read_timeout(Some(timeout))?;
            stream.set_write_timeout(Some(timeout))?;
            response(stream, "localhost")
        });
        parse(response, at)
    }

    /// Asks the broker that listens on an address of the loopback. Each step may take as long as
    /// `timeout`, so call it on a thread that may block.
    ///
    /// # Errors
    /// If there is no broker, or if it does not respond.
    pub fn of_address(address: SocketAddr, timeout: Duration) -> Result<Self, HealthError> {
        let response = TcpStream::connect_timeout(&address, timeout).and_then(|stream| {
            stream.set_read_timeout(Some(timeout))?;
            stream.set_write_timeout(Some(timeout))?;
            response(stream, &address.to_string())
        });
        parse(response, || address.to_string())
    }
}

fn response(mut stream: impl Read + Write, host: &str) -> io::Result<Vec<u8>> {
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut response = Vec::new();
    stream.take(LONGEST).read_to_end(&mut response)?;
    Ok(response)
}

fn parse(response: io::Result<Vec<u8>>, at: impl Fn() -> String) -> Result<Health, HealthError> {
    let response = response.map_err(|source| HealthError::Unreachable { at: at(), source })?;
    let body = |response: &[u8]| {
        let end = response.windows(4).position(|four| four == b"\r\n\r\n")?;
        let is_ok = response.starts_with(b"HTTP/1.1 200 ");
        is_ok.then(|| serde_json::from_slice(&response[end + 4..]).ok())?
    };
    if response.is_empty() {
        return Err(HealthError::Closed { at: at() });
    }
    body(&response).ok_or_else(|| HealthError::Response { at: at() })
}

/// A broker that does not report its health.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// The connection was closed without a response.
    #[error("the service at `{at}` closed the connection without a response")]
    Closed {
        /// The address or the path.
        at: String,
    },
    /// The response is not that of a broker.
    #[error("the response from `{at}` is not that of a token service")]
    Response {
        /// The address or the path.
        at: String,
    },
    /// There is no connection, or no response in time.
    #[error("no token service responds at `{at}`")]
    Unreachable {
        /// The address or the path.
        at: String,
        /// The system's error.
        source: io::Error,
    },
}

impl Diagnostic for HealthError {
    fn code(&self) -> &str {
        "net.service"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Closed { .. } => {
                "ask as root, as the service's own user, or as a user that a profile allows"
            }
            Self::Response { .. } => "another program listens there: check the address",
            Self::Unreachable { .. } => "start the service, or check its socket or address",
        };
        Some(hint.into())
    }
}

/// The maximum length of a response, in bytes. One with the names of all profiles is far shorter.
const LONGEST: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::thread;

    use super::*;

    fn asked(response: &'static str) -> Result<Health, HealthError> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = client.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"));
            client.write_all(response.as_bytes()).unwrap();
        });
        let health = Health::of_socket(&socket, Duration::from_secs(20));
        server.join().unwrap();
        health
    }

    #[test]
    fn status_and_profiles_are_read() {
        let health = asked(
            "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"degraded\",\"seconds_to_expiry\":7,\"degraded\":[\"acme\"]}",
        );
        let health = health.unwrap();
        assert_eq!(health.status, HealthStatus::Degraded);
        assert_eq!((health.seconds_to_expiry, health.degraded), (Some(7), vec!["acme".to_owned()]));
    }

    #[test]
    fn other_programs_are_not_a_healthy_service() {
        for (response, is_closed) in [
            ("", true),
            ("HTTP/1.1 200 OK\r\n\r\n<html>s3cr3t", false),
            ("HTTP/1.1 404 Not Found\r\n\r\n{\"status\":\"ok\",\"seconds_to_expiry\":null}", false),
            ("SSH-2.0-s3cr3t\r\n", false),
        ] {
            let error = asked(response).unwrap_err();
            assert_eq!(matches!(error, HealthError::Closed { .. }), is_closed, "{response}");
            assert!(!format!("{error:?}").contains("s3cr3t"));
        }
    }

    #[test]
    fn no_service_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let error = Health::of_socket(&socket, Duration::from_secs(1));
        assert!(matches!(error.unwrap_err(), HealthError::Unreachable { .. }));
        // A service that accepts no connections any more, whose backlog is full.
        let stuck = UnixListener::bind(&socket).unwrap();
        rustix::net::listen(&stuck, 0).unwrap();
        let _first = UnixStream::connect(&socket).unwrap();
        let error = Health::of_socket(&socket, Duration::from_secs(1));
        assert!(matches!(error.unwrap_err(), HealthError::Unreachable { .. }));
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(Health::of_address(address, Duration::from_secs(1)).is_err());
    }
}
