use std::time::Duration;

use http::Method;

use crate::RestError;

/// How often a call is tried, and how long is waited in between.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Backoff {
    /// Attempts in all; 3 unless told. 1 is no second one.
    pub attempts: u32,
    /// Before the second attempt: half a second unless told. Each further wait is twice as long.
    pub first: Duration,
}

impl Backoff {
    /// So many attempts, the second one after `first`.
    pub const fn new(attempts: u32, first: Duration) -> Self {
        Self { attempts, first }
    }

    /// How long to wait before the call is made again, after `attempts`; `None` if it is not.
    ///
    /// What may have been done is not done twice: only a call that changes nothing, or that was
    /// surely not carried out, is made again.
    pub(crate) fn wait(
        &self,
        attempts: u32,
        method: &Method,
        error: &RestError,
    ) -> Option<Duration> {
        let again = error.is_undone() || (is_repeatable(method) && error.is_transient());
        let wait = self.first.saturating_mul(1 << attempts.saturating_sub(1).min(10));
        (again && attempts < self.attempts).then_some(wait)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(3, Duration::from_millis(500))
    }
}

/// Not every idempotent method: after a lost answer, a second DELETE would report a record that is
/// not there, and a second PATCH may fire what hangs on a change.
fn is_repeatable(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

#[cfg(test)]
mod tests {
    use orgtoken_client::TransportError;
    use orgtoken_client::transport::Phase;

    use super::*;
    use crate::failure::tests::failed;

    #[test]
    fn what_may_have_been_done_is_not_done_twice() {
        let cut = || RestError::Transport(TransportError::Truncated { phase: Phase::Head });
        let closed = || RestError::Transport(TransportError::Closed);
        for (name, error, get, post) in [
            ("B07 lost answer", cut(), true, false),
            ("never sent", closed(), true, true),
            ("503", failed(503, "SERVER_UNAVAILABLE", ""), true, false),
            ("calls used up", failed(403, "REQUEST_LIMIT_EXCEEDED", ""), true, true),
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
        let waits = [1, 2, 3].map(|made| Backoff::default().wait(made, &Method::GET, &closed));
        let ms = Duration::from_millis;
        assert_eq!(waits, [Some(ms(500)), Some(ms(1000)), None]);
    }
}
