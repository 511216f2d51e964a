use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;

use crate::refusal::RefusalClass;
use crate::response::TokenResponseError;

/// The number of attempts of a login, and the waits between them.
///
/// It neither waits nor generates random numbers: the caller does both.
///
/// ```
/// use std::time::Duration;
/// use orgtoken_oauth::{Fault, RetryPolicy};
///
/// let busy = Fault { transient: true, retry_after: None };
/// let left = Duration::from_secs(20);
/// let wait = RetryPolicy::DEFAULT.after(1, busy, left, u64::MAX);
/// assert_eq!(wait, Some(Duration::from_millis(500)));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetryPolicy {
    attempts: u32,
}

impl RetryPolicy {
    /// Three attempts, with waits of up to half a second at first and eight seconds at most.
    pub const DEFAULT: Self = Self { attempts: 3 };

    /// One attempt.
    pub const NEVER: Self = Self { attempts: 1 };

    /// Sets the number of attempts, including the first. [`RetryPolicy::DEFAULT`] has three.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts }
    }

    /// Returns the wait after `attempts` attempts, the last of which failed with `fault`, or `None`
    /// if there is no further attempt.
    ///
    /// `left` is the time until the deadline. `random` is any number: the wait is that fraction of
    /// a limit that doubles with each attempt (full jitter). A `Retry-After` is followed exactly if
    /// it fits into `left`, and otherwise ends the attempts at once.
    pub fn after(
        &self,
        attempts: u32,
        fault: Fault,
        left: Duration,
        random: u64,
    ) -> Option<Duration> {
        if !fault.transient || attempts >= self.attempts {
            return None;
        }
        let asked = fault.retry_after.filter(|asked| !asked.is_zero());
        let wait = asked.unwrap_or_else(|| fraction(limit(attempts), random));
        (wait < left).then_some(wait)
    }
}

/// The properties of an error that a [`RetryPolicy`] needs, for network and response errors.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fault {
    /// Whether the same request may succeed later without any change.
    pub transient: bool,
    /// The `Retry-After` of the server.
    pub retry_after: Option<Duration>,
}

impl TokenResponseError {
    /// Returns how long no process with the same settings should ask the endpoint again. `failures`
    /// is the number of failures in a row before this one.
    ///
    /// After a permanent failure, the cooldown is one minute, then five, then thirty. After a login
    /// rate limit it is an hour, after a transient failure five seconds. A `Retry-After` of the
    /// server takes precedence, within five seconds to a day.
    pub fn cooldown(&self, failures: u32) -> Duration {
        self.usual_cooldown(failures).clamp(Duration::from_secs(5), Duration::from_secs(86_400))
    }

    fn usual_cooldown(&self, failures: u32) -> Duration {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        match self {
            Self::Refused(refusal) if refusal.class() == RefusalClass::CoolDown => {
                let usual = if self.code() == "rate.login" { 60 } else { 5 };
                refusal.retry_after().unwrap_or_else(|| minutes(usual))
            }
            Self::Status { status: StatusCode::TOO_MANY_REQUESTS, retry_after, .. } => {
                retry_after.unwrap_or_else(|| minutes(5))
            }
            _ if self.is_transient() => self.retry_after().unwrap_or(Duration::from_secs(5)),
            _ => minutes(match failures {
                0 => 1,
                1 => 5,
                _ => 30,
            }),
        }
    }
}

fn limit(attempts: u32) -> Duration {
    let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_LIMIT.saturating_mul(doubled).min(LONGEST_LIMIT)
}

/// Scales `whole` by `random / u64::MAX`.
pub(crate) fn fraction(whole: Duration, random: u64) -> Duration {
    let nanos = whole.as_nanos().saturating_mul(u128::from(random)) / u128::from(u64::MAX);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// The limits of the first wait and of all others.
const FIRST_LIMIT: Duration = Duration::from_millis(500);
const LONGEST_LIMIT: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use http::Response;
    use orgtoken_assertion::UnixTime;

    use super::*;
    use crate::{AllowedHosts, Token};

    const LEFT: Duration = Duration::from_secs(20);
    const BUSY: Fault = Fault { transient: true, retry_after: None };

    fn asked(seconds: u64) -> Fault {
        Fault { retry_after: Some(Duration::from_secs(seconds)), ..BUSY }
    }

    #[test]
    fn waits_are_jittered_and_double_up_to_eight_seconds() {
        let policy = RetryPolicy::DEFAULT.attempts(u32::MAX);
        for (attempts, limit) in [(1, 500), (2, 1000), (3, 2000), (5, 8000), (6, 8000), (99, 8000)]
        {
            let wait = |random| policy.after(attempts, BUSY, LEFT, random);
            assert_eq!(wait(0), Some(Duration::ZERO), "{attempts}");
            assert_eq!(wait(u64::MAX), Some(Duration::from_millis(limit)), "{attempts}");
        }
    }

    #[test]
    fn retry_after_is_kept_or_ends_the_call() {
        for (name, fault, expected) in [
            ("5 s", asked(5), Some(Duration::from_secs(5))),
            ("a day", asked(86_400), None),
            ("all that is left", asked(20), None),
            ("date gone by", asked(0), Some(Duration::from_millis(500))),
            ("garbage", BUSY, Some(Duration::from_millis(500))),
        ] {
            assert_eq!(RetryPolicy::DEFAULT.after(1, fault, LEFT, u64::MAX), expected, "{name}");
        }
    }

    #[test]
    fn three_attempts_and_no_more() {
        let after = |attempts| RetryPolicy::DEFAULT.after(attempts, BUSY, LEFT, 0);
        assert_eq!(after(2), Some(Duration::ZERO));
        assert_eq!(after(3), None);
        assert_eq!(RetryPolicy::NEVER.after(1, BUSY, LEFT, 0), None);
        let late = RetryPolicy::DEFAULT.after(1, BUSY, Duration::from_millis(500), u64::MAX);
        assert_eq!(late, None);
        let permanent = RetryPolicy::DEFAULT.after(1, Fault::default(), LEFT, 0);
        assert_eq!(permanent, None);
    }

    #[test]
    fn endpoint_has_a_cooldown_after_a_failure() {
        const RATE: &str = r#"{"error":"invalid_grant","error_description":"login rate exceeded"}"#;
        const NEW: &str = r#"{"error":"never_seen"}"#;
        for (name, status, retry_after, body, failures, seconds) in [
            ("429", 429, "", "", 0, 300),
            ("429, later", 429, "", "", 9, 300),
            ("429 with Retry-After", 429, "7", "", 0, 7),
            ("429 with a refusal", 429, "7", NEW, 0, 7),
            ("login rate", 400, "", RATE, 0, 3600),
            ("once", 400, "", NEW, 0, 60),
            ("twice", 400, "", NEW, 1, 300),
            ("for ever", 400, "", NEW, 2, 1800),
            ("400 without JSON", 400, "", "<html>", 0, 60),
            ("503", 503, "", "", 0, 5),
            ("503 with Retry-After", 503, "30", "", 0, 30),
            ("503 with Retry-After of nothing", 503, "0", "", 0, 5),
            ("429 for ever", 429, "99999999999999999999", "", 0, 86_400),
        ] {
            let mut response = Response::builder().status(status);
            if !retry_after.is_empty() {
                response = response.header("Retry-After", retry_after);
            }
            let response = response.body(body).unwrap();
            let now = UnixTime::from_secs(0);
            let error = Token::from_http(&response, now, &AllowedHosts::none()).expect_err(name);
            assert_eq!(error.cooldown(failures), Duration::from_secs(seconds), "{name}");
            let transient = status == 503;
            assert_eq!(error.is_transient(), transient, "{name}");
        }
    }
}
