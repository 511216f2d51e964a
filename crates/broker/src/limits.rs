//! Gate 8: how much one peer, and all of them together, may ask for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::peer::RateKey;

/// How much the broker takes on.
///
/// The rate is of what costs something: logins, and requests that a gate turns away. A token at
/// hand costs microseconds, and is counted only if `counts_hits` says so.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time; 256 unless told.
    pub connections: usize,
    /// Connections at a time of one user; 64 unless told.
    pub connections_per_user: usize,
    /// Requests per second of one user; 100 unless told.
    pub rate: u32,
    /// Requests of one user that may come at once; 200 unless told.
    pub burst: u32,
    /// Whether the rate is of every request; not unless told.
    pub counts_hits: bool,
    /// How long a connection may take to send the head of a request; 5 s unless told.
    pub head: Duration,
    /// How long a request may take until its answer; 10 s unless told.
    pub request: Duration,
    /// How long requests under way may take when the broker ends; 5 s unless told.
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
            head: Duration::from_secs(5),
            request: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}

/// A bucket of requests for each share, which fills at [`Limits::rate`].
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<RateKey, Bucket>>);

impl Rates {
    /// Takes one request, or says how long until there is one.
    pub(crate) fn take(&self, share: RateKey, limits: &Limits) -> Result<(), Duration> {
        let now = Instant::now();
        let (rate, burst) = (f64::from(limits.rate.max(1)), f64::from(limits.burst.max(1)));
        let mut buckets = lock(&self.0);
        if buckets.len() >= SHARES {
            buckets.retain(|_, bucket| !bucket.is_full(now, rate, burst));
        }
        buckets.entry(share).or_insert(Bucket { level: burst, at: now }).take(now, rate, burst)
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

/// The connections there are.
///
/// Where there is no more room, the connection that has been silent for longest makes it: whoever
/// holds many and says nothing shuts nobody out.
#[derive(Debug)]
pub(crate) struct Seats {
    taken: Mutex<HashMap<u64, Taken>>,
    next: AtomicU64,
    began: Instant,
}

impl Default for Seats {
    fn default() -> Self {
        Self { taken: Mutex::default(), next: AtomicU64::new(0), began: Instant::now() }
    }
}

impl Seats {
    /// Finds room for a connection; `None` if all that there are have a request under way.
    pub(crate) fn take(self: &Arc<Self>, share: RateKey, limits: &Limits) -> Option<Seat> {
        let mut taken = lock(&self.taken);
        let of_share = taken.values().filter(|other| other.share == share).count();
        // Nobody knows whose a connection over TCP is: all of them together may have every seat.
        if share != RateKey::Loopback && of_share >= limits.connections_per_user {
            make_room(&mut taken, |other| other.share == share)?;
        } else if taken.len() >= limits.connections {
            make_room(&mut taken, |_| true)?;
        }

        let number = self.next.fetch_add(1, Relaxed);
        let use_ = Arc::new(Use::default());
        use_.since.store(self.now(), Relaxed);
        taken.insert(number, Taken { share, use_: Arc::clone(&use_), abort: None });
        Some(Seat { seats: Arc::clone(self), number, use_ })
    }

    /// Cuts the connection that has been silent for longest. Returns whether there was one.
    pub(crate) fn spare(&self) -> bool {
        make_room(&mut lock(&self.taken), |_| true).is_some()
    }

    /// Whatever is under way.
    pub(crate) fn cut_all(&self) {
        let taken: Vec<_> = lock(&self.taken).drain().collect();
        taken.into_iter().filter_map(|(_, taken)| taken.abort).for_each(|abort| abort.abort());
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.taken).len()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Cuts the connection that can best be spared of those that are `eligible`.
fn make_room(taken: &mut HashMap<u64, Taken>, eligible: impl Fn(&Taken) -> bool) -> Option<()> {
    let idle = taken.iter().filter(|(_, other)| eligible(other) && other.can_be_spared());
    let (&number, _) = idle.min_by_key(|(_, other)| {
        (other.use_.has_asked.load(Relaxed), other.use_.since.load(Relaxed))
    })?;
    if let Some(abort) = taken.remove(&number).and_then(|spared| spared.abort) {
        abort.abort();
    }
    Some(())
}

#[derive(Debug)]
struct Taken {
    share: RateKey,
    use_: Arc<Use>,
    abort: Option<AbortHandle>,
}

impl Taken {
    fn can_be_spared(&self) -> bool {
        self.abort.is_some() && !self.use_.is_busy.load(Relaxed)
    }
}

#[derive(Debug, Default)]
struct Use {
    is_busy: AtomicBool,
    has_asked: AtomicBool,
    /// Microseconds after the broker began.
    since: AtomicU64,
}

/// One connection's room; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    use_: Arc<Use>,
}

impl Seat {
    /// From now on the connection can be cut to make room.
    pub(crate) fn can_be_cut_by(&self, abort: AbortHandle) {
        if let Some(taken) = lock(&self.seats.taken).get_mut(&self.number) {
            taken.abort = Some(abort);
        }
    }

    /// Is there a request under way?
    pub(crate) fn is_busy(&self) -> bool {
        self.use_.is_busy.load(Relaxed)
    }

    /// A request began: the connection cannot be spared until it has its answer.
    pub(crate) fn begin(&self) {
        self.use_.has_asked.store(true, Relaxed);
        self.use_.is_busy.store(true, Relaxed);
    }

    /// A request ended.
    pub(crate) fn end(&self) {
        self.use_.since.store(self.seats.now(), Relaxed);
        self.use_.is_busy.store(false, Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.seats.taken).remove(&self.number);
    }
}

/// What one panicking task left behind is as good as before.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buckets kept at a time; those that are full say nothing and go first.
const SHARES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: RateKey = RateKey::User(1001);
    const JOB: RateKey = RateKey::User(1002);

    #[tokio::test(start_paused = true)]
    async fn gate_8_a_burst_and_then_the_rate() {
        let (rates, limits) = (Rates::default(), Limits::default());
        let burst = (0..1000).take_while(|_| rates.take(WEB, &limits).is_ok()).count();
        assert_eq!(burst, 200);
        assert_eq!(rates.take(WEB, &limits), Err(Duration::from_millis(10)));
        assert_eq!(rates.take(JOB, &limits), Ok(()), "another user's share is its own");

        tokio::time::advance(Duration::from_secs(1)).await;
        let second = (0..1000).take_while(|_| rates.take(WEB, &limits).is_ok()).count();
        assert_eq!(second, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_that_is_not_used_is_forgotten() {
        let (rates, limits) = (Rates::default(), Limits::default());
        for uid in 0..3000 {
            rates.take(RateKey::User(uid), &limits).unwrap();
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        assert!(lock(&rates.0).len() <= SHARES);
    }

    fn limits() -> Limits {
        Limits { connections: 4, connections_per_user: 2, ..Limits::default() }
    }

    /// A connection that stays until it is cut.
    fn sit(seats: &Arc<Seats>, share: RateKey) -> Option<(Seat, AbortHandle)> {
        let seat = seats.take(share, &limits())?;
        let abort = tokio::spawn(std::future::pending::<()>()).abort_handle();
        seat.can_be_cut_by(abort.clone());
        Some((seat, abort))
    }

    #[tokio::test]
    async fn gate_8_who_is_silent_makes_room() {
        let seats = Arc::new(Seats::default());
        let (first, first_task) = sit(&seats, WEB).unwrap();
        let (second, _second_task) = sit(&seats, WEB).unwrap();
        first.begin();
        first.end();
        let (third, _third_task) = sit(&seats, WEB).unwrap();
        assert_eq!(seats.count(), 2, "the second never asked: it made room");
        assert!(!first_task.is_finished());

        first.begin();
        third.begin();
        assert!(sit(&seats, WEB).is_none(), "both have a request under way");
        assert!(sit(&seats, JOB).is_some(), "another user has seats of its own");
        drop((first, second, third));
        assert_eq!(seats.count(), 0);
    }

    #[tokio::test]
    async fn b31_one_at_a_time_is_spared_and_none_that_is_busy() {
        let seats = Arc::new(Seats::default());
        let (first, first_task) = sit(&seats, WEB).unwrap();
        let (second, second_task) = sit(&seats, WEB).unwrap();
        second.begin();
        assert!(seats.spare());
        assert_eq!(seats.count(), 1);
        assert!(!seats.spare(), "the second has a request under way");
        drop((first, second));
        while !first_task.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!second_task.is_finished());
    }

    #[tokio::test]
    async fn gate_8_all_together_have_a_limit_too() {
        let seats = Arc::new(Seats::default());
        let held: Vec<_> = (0..4).filter_map(|_| sit(&seats, RateKey::Loopback)).collect();
        held.iter().for_each(|(seat, _)| seat.begin());
        assert_eq!(seats.count(), 4);
        assert!(sit(&seats, WEB).is_none());
        held[2].0.end();
        assert!(sit(&seats, WEB).is_some());
    }
}
