//! Gate 8: limits on connections and on requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::peer::RateKey;

/// Limits on connections, requests and waits.
///
/// The rate applies to logins, and separately to requests that fail a check. A cached token costs
/// microseconds, and counts only if `counts_hits` says so.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time on Unix sockets, and as many on TCP; default: 256. As many more are
    /// accepted for one response with status 503. Any other is closed without a response.
    pub connections: usize,
    /// Connections of one user at a time; default: 64.
    pub connections_per_user: usize,
    /// Requests of one user per second; default: 100.
    pub rate: u32,
    /// Requests of one user that may come at once; default: 200.
    pub burst: u32,
    /// Whether cached tokens count against the rate; default: no.
    pub counts_hits: bool,
    /// The time in which a client has to send a request, head and body, after its connection or the
    /// previous response; default: 5 s. The body of a call may take longer, but may not pause for
    /// longer.
    pub receive: Duration,
    /// The time for which a client may read nothing of a response; default: 30 s.
    pub stall: Duration,
    /// The time in which a received request has to get its response; default: 10 s.
    pub request: Duration,
    /// The time for requests in progress when the broker ends; default: 5 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_per_user: 64,
            rate: 100,
            burst: 200,
            counts_hits: false,
            receive: Duration::from_secs(5),
            stall: Duration::from_secs(30),
            request: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}

/// A token bucket for each key, which fills at [`Limits::rate`].
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<RateKey, Bucket>>);

impl Rates {
    /// Takes one request, or returns the time until the next is possible.
    pub(crate) fn take(&self, key: RateKey, limits: &Limits) -> Result<(), Duration> {
        let now = Instant::now();
        let (rate, burst) = (f64::from(limits.rate.max(1)), f64::from(limits.burst.max(1)));
        let mut buckets = lock(&self.0);
        if buckets.len() >= BUCKETS {
            buckets.retain(|_, bucket| !bucket.is_full(now, rate, burst));
        }
        buckets.entry(key).or_insert(Bucket { level: burst, at: now }).take(now, rate, burst)
    }
}

#[derive(Debug)]
struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant, rate: f64, burst: f64) -> Result<(), Duration> {
        self.level = self.filled(now, rate, burst);
        self.at = now;
        if self.level < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.level) / rate));
        }
        self.level -= 1.0;
        Ok(())
    }

    fn is_full(&self, now: Instant, rate: f64, burst: f64) -> bool {
        self.filled(now, rate, burst) >= burst
    }

    fn filled(&self, now: Instant, rate: f64, burst: f64) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (since * rate + self.level).min(burst)
    }
}

/// The number of open connections of each user.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashMap<RateKey, usize>>);

impl Connections {
    /// Takes a slot for a connection; `None` at a limit.
    pub(crate) fn open(self: &Arc<Self>, key: RateKey, limits: &Limits) -> Option<ConnectionSlot> {
        let mut open = lock(&self.0);
        // The user of a TCP connection is unknown, so there is no limit per user. Every process can
        // connect there, so TCP has its own slots.
        let is_user = key != RateKey::Loopback;
        let own = open.get(&key).copied().unwrap_or_default();
        let of_kind = open.iter().filter(|(other, _)| (**other != RateKey::Loopback) == is_user);
        if is_user && own >= limits.connections_per_user
            || of_kind.map(|(_, count)| count).sum::<usize>() >= limits.connections
        {
            return None;
        }
        open.insert(key, own + 1);
        Some(ConnectionSlot { connections: Arc::clone(self), key })
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.0).values().sum()
    }
}

/// The slot of one connection, which is freed when this is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    connections: Arc<Connections>,
    key: RateKey,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut open = lock(&self.connections.0);
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

/// Locks a mutex. The data stays valid when a task panics.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of buckets from which full ones are dropped.
const BUCKETS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: RateKey = RateKey::User(1001);
    const JOB: RateKey = RateKey::User(1002);

    #[tokio::test(start_paused = true)]
    async fn burst_is_followed_by_the_rate() {
        let (rates, limits) = (Rates::default(), Limits::default());
        let burst = (0..1000).take_while(|_| rates.take(WEB, &limits).is_ok()).count();
        assert_eq!(burst, 200);
        assert_eq!(rates.take(WEB, &limits), Err(Duration::from_millis(10)));
        assert_eq!(rates.take(JOB, &limits), Ok(()), "another user has a bucket of its own");

        tokio::time::advance(Duration::from_secs(1)).await;
        let second = (0..1000).take_while(|_| rates.take(WEB, &limits).is_ok()).count();
        assert_eq!(second, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn full_bucket_is_dropped() {
        let (rates, limits) = (Rates::default(), Limits::default());
        for uid in 0..3000 {
            rates.take(RateKey::User(uid), &limits).unwrap();
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        assert!(lock(&rates.0).len() <= BUCKETS);
    }

    fn limits() -> Limits {
        Limits { connections: 4, connections_per_user: 2, ..Limits::default() }
    }

    #[test]
    fn user_at_the_limit_gets_no_further_connection() {
        let connections = Arc::new(Connections::default());
        let open = |key| connections.open(key, &limits());
        let (first, second) = (open(WEB).unwrap(), open(WEB).unwrap());
        assert!(open(WEB).is_none());
        let other = open(JOB).expect("another user has slots of its own");
        drop(first);
        let third = open(WEB).expect("a closed connection frees its slot");
        assert_eq!(connections.count(), 3);
        drop((second, third, other));
        assert_eq!(connections.count(), 0);
        assert!(lock(&connections.0).is_empty());
    }

    #[test]
    fn tcp_and_unix_sockets_have_separate_slots() {
        let connections = Arc::new(Connections::default());
        let open = |key| connections.open(key, &limits());
        let tcp: Vec<_> = (0..4).filter_map(|_| open(RateKey::Loopback)).collect();
        assert_eq!(tcp.len(), 4);
        assert!(open(RateKey::Loopback).is_none());
        let unix: Vec<_> = (1..=4).filter_map(|uid| open(RateKey::User(uid))).collect();
        assert_eq!(unix.len(), 4);
        assert!(open(WEB).is_none(), "all users together have a limit too");
    }
}
