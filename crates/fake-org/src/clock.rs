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

    pub(crate) fn now(&self) -> Moment {
        Moment((self.0)().duration_since(UNIX_EPOCH).unwrap_or_default())
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

/// A point in time since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment(Duration);

impl Moment {
    pub(crate) fn as_secs(self) -> u64 {
        self.0.as_secs()
    }

    pub(crate) fn as_millis(self) -> u128 {
        self.0.as_millis()
    }

    pub(crate) fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }

    /// Formats the time like the REST API: `2026-11-23T17:45:46.000+0000`.
    pub(crate) fn to_api(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.000+0000")
    }

    /// Formats the time like HTTP ([RFC 9110, Section 5.6.7]): `Mon, 23 Nov 2026 17:45:46 GMT`.
    ///
    /// [RFC 9110, Section 5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
    pub(crate) fn to_http(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    fn format(self, format: &str) -> String {
        let seconds = i64::try_from(self.as_secs()).unwrap_or(i64::MAX);
        let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        timestamp.strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Clock;

    #[test]
    fn times_have_the_formats_of_the_platform() {
        let clock = Clock::new(|| UNIX_EPOCH + Duration::from_millis(1_700_000_000_999));
        assert_eq!(clock.now().to_api(), "2023-11-14T22:13:20.000+0000");
        assert_eq!(clock.now().to_http(), "Tue, 14 Nov 2023 22:13:20 GMT");
    }

    #[test]
    fn time_before_the_epoch_is_the_epoch() {
        let clock = Clock::new(|| UNIX_EPOCH - Duration::from_secs(5));
        assert_eq!(clock.now().as_secs(), 0);
    }
}
