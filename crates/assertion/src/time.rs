use core::time::Duration;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z, as `exp` and `iat` count them.
///
/// This crate has no clock. Whoever has one makes the `UnixTime` and passes it in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The time `secs` seconds after the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// The whole seconds of the time since the epoch, which is what
    /// `SystemTime::duration_since(UNIX_EPOCH)` gives.
    pub const fn since_epoch(duration: Duration) -> Self {
        Self(duration.as_secs())
    }

    /// Seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Moves forward by the whole seconds of `duration`, at most to the end of time.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    /// How long after `earlier` this is; zero if it is before.
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
