use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

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
    /// `total` from now on. More than a year is a year.
    pub fn after(total: Duration) -> Self {
        Self { until: from_now(total), total }
    }

    /// What is left; zero once it has passed.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    pub(crate) fn sleep(&self) -> Sleep {
        sleep_until(self.until)
    }

    /// The error of a phase that did not end by the deadline.
    pub(crate) fn elapsed(&self, phase: Phase) -> Elapsed {
        Elapsed { phase, after: self.total }
    }

    /// Runs one phase, for `limit` at most and never past the deadline.
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

/// An instant has an end, which a caller's duration may lie beyond.
fn from_now(duration: Duration) -> Instant {
    Instant::now() + duration.min(YEAR)
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_limit_that_comes_first_ends_a_phase_and_is_named() {
        let second = Duration::from_secs(1);
        for (limit, total, after) in [(second, 2 * second, second), (3 * second, second, second)] {
            let deadline = Deadline::after(total);
            let elapsed = deadline.run(Phase::Head, limit, pending::<()>()).await.unwrap_err();
            assert_eq!((elapsed.phase, elapsed.after), (Phase::Head, after));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_ready_is_taken_even_at_the_last_moment() {
        let deadline = Deadline::after(Duration::ZERO);
        assert_eq!(deadline.left(), Duration::ZERO);
        assert!(deadline.rest(Phase::Body, ready(())).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn patience_without_end_does_not_overflow() {
        let deadline = Deadline::after(Duration::MAX);
        assert!(deadline.run(Phase::Head, Duration::MAX, ready(())).await.is_ok());
    }
}
