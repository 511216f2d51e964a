use std::time::Duration;

use crate::retry::fraction;

/// The times at which a cached token is used and renewed.
///
/// All times are durations since one fixed point of a clock that cannot be set back, such as the
/// boot of the machine.
///
/// ```
/// use std::time::Duration;
/// use orgtoken_oauth::{RenewalSchedule, Freshness};
///
/// let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
/// let schedule = RenewalSchedule::new(minutes(100), minutes(110), 0);
/// assert_eq!(schedule.freshness(minutes(101), minutes(1)), Freshness::Fresh);
/// assert_eq!(schedule.freshness(minutes(108), minutes(1)), Freshness::RenewalDue);
/// assert_eq!(schedule.freshness(minutes(109), minutes(5)), Freshness::TooShort);
/// assert_eq!(schedule.freshness(minutes(110), minutes(0)), Freshness::Expired);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RenewalSchedule {
    begins: Duration,
    ends: Duration,
    renew: Duration,
}

impl RenewalSchedule {
    /// Returns the schedule of a token that is valid from `begins` to `ends`.
    ///
    /// `random` is any number. It delays the renewal by up to half its window, so that tokens from
    /// the same moment are not renewed in the same moment.
    pub fn new(begins: Duration, ends: Duration, random: u64) -> Self {
        let window = (ends.saturating_sub(begins) / 5).min(ADVISORY);
        let early = window - fraction(window / 2, random);
        Self { begins, ends, renew: ends.saturating_sub(early) }
    }

    /// Returns the time from which the token is valid.
    pub fn begins(&self) -> Duration {
        self.begins
    }

    /// Returns how long the token stays valid, or zero if it has expired.
    pub fn remaining(&self, now: Duration) -> Duration {
        self.ends.saturating_sub(now)
    }

    /// Returns the freshness at `now` for a caller that needs the token to be valid for `min_ttl`.
    ///
    /// A `min_ttl` of more than half the lifetime counts as half the lifetime. Otherwise each call
    /// would be a login.
    pub fn freshness(&self, now: Duration, min_ttl: Duration) -> Freshness {
        let (lifetime, left) = (self.ends.saturating_sub(self.begins), self.remaining(now));
        if left <= MANDATORY.min(lifetime / 20) {
            Freshness::Expired
        } else if left < min_ttl.min(lifetime / 2) {
            Freshness::TooShort
        } else if now >= self.renew {
            Freshness::RenewalDue
        } else {
            Freshness::Fresh
        }
    }
}

/// The freshness of a token, for a caller that needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// It has expired or is about to: a new token is needed.
    Expired,
    /// It is valid for less time than required: get a new one, and fall back to this one.
    TooShort,
    /// Use it.
    Fresh,
    /// Use it, and renew it in the background.
    RenewalDue,
}

/// Renewal begins when a fifth of the lifetime is left, but no earlier than this before the end.
const ADVISORY: Duration = Duration::from_secs(5 * 60);
/// A token must not expire in transit. For short lifetimes, a twentieth of the lifetime counts.
const MANDATORY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn freshness_goes_from_fresh_to_expired() {
        // Valid for ten minutes from second 1000.
        for (random, now, min_ttl, step) in [
            (0, 1000, 60, Freshness::Fresh),
            (0, 1479, 60, Freshness::Fresh),
            (0, 1480, 60, Freshness::RenewalDue),
            (u64::MAX, 1539, 60, Freshness::Fresh),
            (u64::MAX, 1540, 60, Freshness::RenewalDue),
            (0, 1541, 60, Freshness::TooShort),
            (0, 1569, 0, Freshness::RenewalDue),
            (0, 1570, 0, Freshness::Expired),
            (0, 9999, 0, Freshness::Expired),
        ] {
            let schedule = RenewalSchedule::new(at(1000), at(1600), random);
            assert_eq!(schedule.freshness(at(now), at(min_ttl)), step, "{random} {now} {min_ttl}");
        }
    }

    #[test]
    fn min_ttl_beyond_half_the_lifetime_counts_as_half() {
        let schedule = RenewalSchedule::new(at(0), at(600), 0);
        assert_eq!(schedule.freshness(at(300), at(3600)), Freshness::Fresh);
        assert_eq!(schedule.freshness(at(301), at(3600)), Freshness::TooShort);
    }

    #[test]
    fn renewal_windows_fit_short_and_long_lifetimes() {
        let step = |life, now| RenewalSchedule::new(at(0), at(life), 0).freshness(at(now), at(0));
        assert_eq!(step(86_400, 86_099), Freshness::Fresh);
        assert_eq!(step(86_400, 86_100), Freshness::RenewalDue);
        assert_eq!(step(60, 47), Freshness::Fresh);
        assert_eq!(step(60, 48), Freshness::RenewalDue);
        assert_eq!(step(60, 57), Freshness::Expired);
        assert_eq!(step(0, 0), Freshness::Expired);
    }

    proptest::proptest! {
        #[test]
        fn no_time_panics_and_an_expired_token_is_never_fresh(
            from in 0..u64::MAX, until in 0..u64::MAX, now in 0..u64::MAX, random in 0..u64::MAX,
        ) {
            let step = RenewalSchedule::new(at(from), at(until), random).freshness(at(now), at(60));
            if now >= until {
                proptest::prop_assert_eq!(step, Freshness::Expired);
            }
        }
    }
}
