use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

/// The limits of each phase of an exchange, and of all phases together.
///
/// ```
/// use std::time::Duration;
///
/// use orgtoken_client::Timeouts;
///
/// let timeouts = Timeouts { total: Duration::from_secs(60), ..Timeouts::default() };
/// assert_eq!(timeouts.connect, Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The lookup of the host, and then the connection: 5 s each. Also the tunnel of a proxy.
    pub connect: Duration,
    /// Sending the request and reading the head of the response: 10 s.
    pub head: Duration,
    /// The TLS handshake: 5 s.
    pub tls: Duration,
    /// The whole exchange or login, including bodies and retries: 20 s.
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

/// The point in time by which an operation has to end.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    until: Instant,
    total: Duration,
}

impl Deadline {
    /// Returns the deadline after `total`, a year at most.
    pub fn after(total: Duration) -> Self {
        Self { until: from_now(total), total }
    }

    /// Returns the remaining time; zero after the deadline.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    pub(crate) fn sleep(&self) -> Sleep {
        sleep_until(self.until)
    }

    /// Returns the error of a phase that did not end by the deadline.
    pub(crate) fn elapsed(&self, phase: Phase) -> Elapsed {
        Elapsed { phase, after: self.total }
    }

    /// Runs one phase, for up to `limit` and until the deadline.
    pub(crate) async fn run<T>(
        &self,
        phase: Phase,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let own = from_now(limit);
        let after = if own < self.until { limit } else { self.total };
        timeout_at(own.min(self.until), work).await.map_err(|_| Elapsed { phase, after })
    }

    /// Runs the last phase, which has all the remaining time.
    pub(crate) async fn rest<T>(
        &self,
        phase: Phase,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        self.run(phase, self.total, work).await
    }
}

/// A phase of an exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Reading the body of the response.
    Body,
    /// Connecting to the host.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// Sending the request and reading the head of the response.
    Head,
    /// Looking up the addresses of the host.
    Lookup,
    /// Asking the proxy for a tunnel.
    Tunnel,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body => "the body of the response",
            Self::Connect => "a connection",
            Self::Handshake => "the TLS handshake",
            Self::Head => "the head of the response",
            Self::Lookup => "the host's addresses",
            Self::Tunnel => "the proxy's tunnel",
        })
    }
}

/// A phase that timed out.
#[derive(Debug)]
pub(crate) struct Elapsed {
    pub(crate) phase: Phase,
    pub(crate) after: Duration,
}

/// Limits the duration, since an `Instant` would overflow.
fn from_now(duration: Duration) -> Instant {
    Instant::now() + duration.min(YEAR)
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn earlier_limit_ends_a_phase_and_is_reported() {
        let second = Duration::from_secs(1);
        for (limit, total, after) in [(second, 2 * second, second), (3 * second, second, second)] {
            let deadline = Deadline::after(total);
            let elapsed = deadline.run(Phase::Head, limit, pending::<()>()).await.unwrap_err();
            assert_eq!((elapsed.phase, elapsed.after), (Phase::Head, after));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn finished_phase_succeeds_after_the_deadline() {
        let deadline = Deadline::after(Duration::ZERO);
        assert_eq!(deadline.left(), Duration::ZERO);
        assert!(deadline.rest(Phase::Body, ready(())).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn maximal_limits_do_not_overflow() {
        let deadline = Deadline::after(Duration::MAX);
        assert!(deadline.run(Phase::Head, Duration::MAX, ready(())).await.is_ok());
    }
}
