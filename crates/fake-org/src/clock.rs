//! The clock of the org, which tests may set.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// A source of time. Default: the system clock.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    pub(crate) fn now(&self) -> Timestamp {
        after(Timestamp::UNIX_EPOCH, (self.0)().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Formats a time like the REST API: `2026-11-23T17:45:46.000+0000`.
pub(crate) fn to_api(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// Formats a time like HTTP ([RFC 9110, Section 5.6.7]): `Mon, 23 Nov 2026 17:45:46 GMT`.
///
/// [RFC 9110, Section 5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
pub(crate) fn to_http(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Returns a later time, or the end of all times.
pub(crate) fn after(time: Timestamp, wait: Duration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Clock, to_api, to_http};

    #[test]
    fn times_have_the_formats_of_the_platform() {
        let clock = Clock::new(|| UNIX_EPOCH + Duration::from_millis(1_700_000_000_999));
        assert_eq!(to_api(clock.now()), "2023-11-14T22:13:20.000+0000");
        assert_eq!(to_http(clock.now()), "Tue, 14 Nov 2023 22:13:20 GMT");
    }

    #[test]
    fn time_before_the_epoch_is_the_epoch() {
        let clock = Clock::new(|| UNIX_EPOCH - Duration::from_secs(5));
        assert_eq!(clock.now().as_second(), 0);
    }
}
