use core::time::Duration;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z, like `exp` and `iat`.
///
/// This crate has no clock: the caller passes in the time.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Returns the time `secs` seconds after the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Returns the time `duration` after the epoch, in whole seconds.
    /// `SystemTime::duration_since(UNIX_EPOCH)` returns such a duration.
    pub const fn since_epoch(duration: Duration) -> Self {
        Self(duration.as_secs())
    }

    /// Returns the seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Adds the whole seconds of `duration`. The result saturates at the last representable time.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    /// Returns the time from `earlier` to this, or zero if this is earlier.
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_neither_wraps_nor_runs_backwards() {
        let now = UnixTime::from_secs(1_700_000_000);
        let later = now.saturating_add(Duration::from_millis(2_900));
        assert_eq!(later.as_secs(), 1_700_000_002);
        assert_eq!(later.saturating_duration_since(now), Duration::from_secs(2));
        assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
        let end = UnixTime::from_secs(u64::MAX);
        assert_eq!(end.saturating_add(Duration::from_secs(1)), end);
    }
}
