use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How long each phase of an exchange may take, and all of them together.
///
/// ```
/// use std::time::Duration;
///
/// use orgtoken_client::Timeouts;
///
/// let patient = Timeouts { total: Duration::from_secs(60), ..Timeouts::default() };
/// assert_eq!(patient.connect, Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Looking up the host, and then connecting to it: 5 s each. A proxy's answer has this long too.
    pub connect: Duration,
    /// From the last byte of the request to the last of the answer's head: 10 s.
    pub head: Duration,
    /// The TLS handshake: 5 s.
    pub tls: Duration,
    /// Everything, the body and all attempts included: 20 s.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            head: Duration::from_secs(10),
            tls: Duration::from_secs(5),
            total: Duration::from_secs(20),
        }
    }
}

/// When whatever was begun has to be over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    until: Instant,
    total: Duration,
}

impl Deadline {
    /// `total` from now on.
    pub fn after(total: Duration) -> Self {
        Self { until: Instant::now() + total, total }
    }

    /// What is left; zero once it has passed.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Runs one phase, for `limit` at most and never past the deadline.
    pub(crate) async fn run<T>(
        &self,
        phase: Phase,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let own = Instant::now() + limit;
        let after = if own < self.until { limit } else { self.total };
        timeout_at(own.min(self.until), work).await.map_err(|_| Elapsed { phase, after })
    }

    /// Runs the last phase, which has all the time that is left.
    pub(crate) async fn rest<T>(
        &self,
        phase: Phase,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        self.run(phase, self.total, work).await
    }
}

/// What an exchange was doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Reading the answer's body.
    Body,
    /// Connecting to the host.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// Sending the request and reading the answer's head.
    Head,
    /// Looking up the host's addresses.
    Lookup,
    /// Asking the proxy for a tunnel.
    Tunnel,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body => "the body of the answer",
            Self::Connect => "a connection",
            Self::Handshake => "the TLS handshake",
            Self::Head => "the head of the answer",
            Self::Lookup => "the host's addresses",
            Self::Tunnel => "the proxy's tunnel",
        })
    }
}

/// A phase that took too long.
#[derive(Debug)]
pub(crate) struct Elapsed {
    pub(crate) phase: Phase,
    pub(crate) after: Duration,
}
