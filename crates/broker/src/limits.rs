//! Gate 8: limits on connections and on requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::peer::RateKey;

/// Limits on connections, requests and waits.
///
/// The rate applies to logins, and separately to requests that fail a check. A cached token costs
/// microseconds, and counts only if `counts_hits` says so.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time on Unix sockets, and as many on TCP; default: 256.
    pub connections: usize,
    /// Connections of one user at a time; default: 64.
    pub connections_per_user: usize,
    /// Requests of one user per second; default: 100.
    pub rate: u32,
    /// Requests of one user that may come at once; default: 200.
    pub burst: u32,
    /// Whether cached tokens count against the rate; default: no.
    pub counts_hits: bool,
    /// How long a client may take to send a request, head and body, from the moment it connects or
    /// has its previous answer; default: 5 s.
    pub receive: Duration,
    /// How long a received request may wait for its answer; default: 10 s.
    pub request: Duration,
    /// How long requests in progress may take when the broker ends; default: 5 s.
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
            request: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}

/// A token bucket for each key, which fills at [`Limits::rate`].
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<RateKey, Bucket>>);

impl Rates {
    /// Takes one request, or returns how long until there is one.
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

/// The open connections.
///
/// Deadlines alone would let one process hold every slot by reconnecting. So at the limit, the
/// connection that has waited longest for a whole request is closed for the new one.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    connections: HashMap<u64, Connection>,
    last: u64,
}

#[derive(Debug)]
struct Connection {
    key: RateKey,
    /// When it connected or was answered; `None` while a whole request waits for its answer.
    waiting_since: Option<Instant>,
    task: Option<AbortHandle>,
}

impl Connections {
    /// Opens a slot for a connection; `None` if all that count against its limit are busy.
    pub(crate) fn open(self: &Arc<Self>, key: RateKey, limits: &Limits) -> Option<ConnectionSlot> {
        let mut open = lock(&self.0);
        // The user behind a TCP connection is unknown: there is no limit per user.
        let is_user = key != RateKey::Loopback;
        if is_user && open.count(|other| other == key) >= limits.connections_per_user {
            open.close_one(|other| other == key)?;
        }
        // TCP has slots of its own: every process can connect there.
        let is_same_kind = |other| (other != RateKey::Loopback) == is_user;
        if open.count(is_same_kind) >= limits.connections {
            open.close_one(is_same_kind)?;
        }
        let connection = Connection { key, waiting_since: Some(Instant::now()), task: None };
        open.last += 1;
        let number = open.last;
        open.connections.insert(number, connection);
        Some(ConnectionSlot { connections: Arc::clone(self), number })
    }

    /// Closes a connection without a whole request. Returns whether there was one.
    pub(crate) fn close_one(&self) -> bool {
        lock(&self.0).close_one(|_| true).is_some()
    }

    /// Closes every connection.
    pub(crate) fn close_all(&self) {
        let connections = std::mem::take(&mut lock(&self.0).connections);
        connections.into_values().for_each(Connection::close);
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.0).connections.len()
    }
}

impl Open {
    fn count(&self, is_counted: impl Fn(RateKey) -> bool) -> usize {
        self.connections.values().filter(|one| is_counted(one.key)).count()
    }

    fn close_one(&mut self, is_eligible: impl Fn(RateKey) -> bool) -> Option<()> {
        let eligible =
            self.connections.iter().filter(|(_, one)| is_eligible(one.key) && one.task.is_some());
        let waiting = eligible.filter_map(|(number, one)| Some((one.waiting_since?, *number)));
        let (_, number) = waiting.min()?;
        self.connections.remove(&number)?.close();
        Some(())
    }
}

impl Connection {
    fn close(self) {
        if let Some(task) = self.task {
            task.abort();
        }
    }
}

/// The slot of one connection; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    connections: Arc<Connections>,
    number: u64,
}

impl ConnectionSlot {
    /// From now on the connection can be closed by aborting `task`.
    pub(crate) fn closes_with(&self, task: AbortHandle) {
        self.update(|connection| connection.task = Some(task));
    }

    /// A whole request has come: the connection stays until it is answered.
    pub(crate) fn busy(&self) {
        self.update(|connection| connection.waiting_since = None);
    }

    /// The request is answered.
    pub(crate) fn idle(&self) {
        self.update(|connection| connection.waiting_since = Some(Instant::now()));
    }

    /// Since when the connection waits for a request; `None` while it is busy.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        lock(&self.connections.0).connections.get(&self.number)?.waiting_since
    }

    fn update(&self, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = lock(&self.connections.0).connections.get_mut(&self.number) {
            change(connection);
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        lock(&self.connections.0).connections.remove(&self.number);
    }
}

/// Locks a mutex. Data that a panicking task left behind stays valid here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buckets at a time before those that are full are dropped.
const BUCKETS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: RateKey = RateKey::User(1001);
    const JOB: RateKey = RateKey::User(1002);

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_followed_by_the_rate() {
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
    async fn a_full_bucket_is_dropped() {
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

    /// A connection that stays until it is closed.
    fn connect(
        connections: &Arc<Connections>,
        key: RateKey,
    ) -> Option<(ConnectionSlot, AbortHandle)> {
        let slot = connections.open(key, &limits())?;
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        slot.closes_with(task.clone());
        Some((slot, task))
    }

    #[tokio::test]
    async fn at_the_limit_the_connection_that_waited_longest_is_closed() {
        let connections = Arc::new(Connections::default());
        let (first, first_task) = connect(&connections, WEB).unwrap();
        let (second, _) = connect(&connections, WEB).unwrap();
        first.busy();
        first.idle();
        let (third, _) = connect(&connections, WEB).unwrap();
        assert_eq!(connections.count(), 2, "the second has waited longest: it is closed");
        assert!(!first_task.is_finished());

        first.busy();
        third.busy();
        assert!(connect(&connections, WEB).is_none(), "both wait for an answer");
        assert!(connect(&connections, JOB).is_some(), "another user has slots of its own");
        drop((first, second, third));
        assert_eq!(connections.count(), 0);
    }

    #[tokio::test]
    async fn a_busy_connection_is_not_closed_for_want_of_descriptors() {
        let connections = Arc::new(Connections::default());
        let (first, first_task) = connect(&connections, WEB).unwrap();
        let (second, second_task) = connect(&connections, WEB).unwrap();
        second.busy();
        assert!(connections.close_one());
        assert_eq!(connections.count(), 1);
        assert!(!connections.close_one(), "the second waits for an answer");
        drop((first, second));
        while !first_task.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!second_task.is_finished());
    }

    #[tokio::test]
    async fn tcp_and_unix_sockets_have_separate_slots() {
        let connections = Arc::new(Connections::default());
        let tcp: Vec<_> = (0..4).filter_map(|_| connect(&connections, RateKey::Loopback)).collect();
        tcp.iter().for_each(|(slot, _)| slot.busy());
        assert_eq!(connections.count(), 4);
        assert!(connect(&connections, RateKey::Loopback).is_none());
        let unix: Vec<_> =
            (1..=4).filter_map(|uid| connect(&connections, RateKey::User(uid))).collect();
        assert_eq!(unix.len(), 4);
        unix.iter().for_each(|(slot, _)| slot.busy());
        assert!(connect(&connections, WEB).is_none(), "all users together have a limit too");
        unix[2].0.idle();
        assert!(connect(&connections, WEB).is_some());
    }
}
