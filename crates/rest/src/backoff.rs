use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use http::Method;

use crate::RestError;

/// The number of attempts of a call, and the waits between them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Backoff {
    /// The number of attempts; default: 3. 1 disables retries.
    pub attempts: u32,
    /// The longest wait before the second attempt; default: half a second. It doubles each time.
    pub first: Duration,
}

impl Backoff {
    /// Returns a backoff with this number of attempts and this wait before the second one.
    pub const fn new(attempts: u32, first: Duration) -> Self {
        Self { attempts, first }
    }

    /// Returns the wait before the next attempt, after `attempts`; `None` after the last one.
    ///
    /// A call is repeated only if it changes nothing, or was certainly not carried out. A wait is
    /// half of its limit plus a random part, so that clients that failed together do not retry
    /// together. `Retry-After` is added, unless it asks for more than a minute.
    pub(crate) fn wait(
        &self,
        attempts: u32,
        method: &Method,
        error: &RestError,
    ) -> Option<Duration> {
        let again = error.is_throttled() || (is_repeatable(method) && error.is_transient());
        let limit = self.first.saturating_mul(1 << attempts.saturating_sub(1).min(10));
        let asked = error.retry_after().unwrap_or_default();
        let again = again && attempts < self.attempts && asked <= MAX_RETRY_AFTER;
        again.then(|| asked.saturating_add(limit / 2).saturating_add(part_of(limit / 2)))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(3, Duration::from_millis(500))
    }
}

/// Whether a call with this method can be repeated after a lost response. Not every idempotent
/// method can: a second DELETE would report a missing record, and a second PATCH may run triggers
/// again.
fn is_repeatable(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Returns a random part of `whole`. The standard library seeds each `RandomState` at random.
fn part_of(whole: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    whole.mul_f64(random as f64 / u64::MAX as f64)
}

/// The caller decides about a longer `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use orgtoken_client::TransportError;
    use orgtoken_client::transport::Phase;

    use super::*;
    use crate::error::api::tests::{failed, failed_with};

    #[test]
    fn call_that_may_have_been_carried_out_is_not_repeated() {
        let cut = || RestError::Transport(TransportError::Truncated { phase: Phase::Head });
        let closed = || RestError::Transport(TransportError::Closed);
        const CONCURRENT: &str = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
        const OF_THE_DAY: &str = "TotalRequests Limit exceeded.";
        for (name, error, get, post) in [
            ("lost response", cut(), true, false),
            ("never sent", closed(), true, true),
            ("503", failed(503, "SERVER_UNAVAILABLE", ""), true, false),
            ("concurrent", failed(403, "REQUEST_LIMIT_EXCEEDED", CONCURRENT), true, true),
            ("of the day", failed(403, "REQUEST_LIMIT_EXCEEDED", OF_THE_DAY), false, false),
            ("429", failed(429, "", ""), true, true),
            ("wrong", failed(400, "MALFORMED_QUERY", ""), false, false),
            ("forbidden", failed(403, "API_DISABLED_FOR_ORG", ""), false, false),
        ] {
            let again = |method| Backoff::default().wait(1, &method, &error).is_some();
            assert_eq!((again(Method::GET), again(Method::POST)), (get, post), "{name}");
            assert_eq!(again(Method::PATCH), post, "{name}");
        }
    }

    #[test]
    fn waits_grow_and_attempts_end() {
        let closed = RestError::Transport(TransportError::Closed);
        let wait = |made| Backoff::default().wait(made, &Method::GET, &closed);
        let ms = Duration::from_millis;
        for _ in 0..100 {
            assert!((ms(250)..=ms(500)).contains(&wait(1).unwrap()));
            assert!((ms(500)..=ms(1000)).contains(&wait(2).unwrap()));
        }
        assert_ne!(wait(1), wait(1));
        assert_eq!(wait(3), None);
    }

    #[test]
    fn retry_after_is_waited_for_up_to_a_minute() {
        let now = "Sat, 28 Nov 2026 22:00:00 GMT";
        for (retry_after, date, seconds) in [
            ("7", None, Some(7)),
            ("60", None, Some(60)),
            ("61", None, None),
            ("Sat, 28 Nov 2026 22:00:20 GMT", Some(now), Some(20)),
            ("Sat, 28 Nov 2026 21:00:00 GMT", Some(now), Some(0)),
            ("Sat, 28 Nov 2026 23:00:00 GMT", Some(now), None),
            ("Sat, 28 Nov 2026 23:00:00 GMT", None, Some(0)),
            ("99999999999999999999999", None, None),
            ("soon", None, Some(0)),
        ] {
            let headers = [("retry-after", Some(retry_after)), ("date", date)];
            let error = failed_with(429, headers);
            let wait = Backoff::default().wait(1, &Method::POST, &error);
            let whole = wait.map(|wait| wait.as_secs());
            assert_eq!(whole, seconds, "{retry_after} {date:?}");
        }
    }
}
