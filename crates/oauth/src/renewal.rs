use std::time::Duration;

use crate::retry::fraction;

/// When a cached token is handed out and when it is renewed, as far as it can be told without a
/// clock.
///
/// A moment is the time since any fixed point of one clock: the boot of the machine, say, which
/// no one sets back.
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
    /// The life of a token that is good from `begins` to `ends`.
    ///
    /// `random` is any number: it moves the renewal ahead of the end by up to half its window, so
    /// that not all that logged in together renew together.
    pub fn new(begins: Duration, ends: Duration, random: u64) -> Self {
        let window = (ends.saturating_sub(begins) / 5).min(ADVISORY);
        let early = window - fraction(window / 2, random);
        Self { begins, ends, renew: ends.saturating_sub(early) }
    }

    /// When it began to be good.
    pub fn begins(&self) -> Duration {
        self.begins
    }

    /// How long the token is good for; zero when it has ended.
    pub fn remaining(&self, now: Duration) -> Duration {
        self.ends.saturating_sub(now)
    }

    /// What to do at `now` for somebody who needs the token to be good for `min_ttl`.
    ///
    /// Who asks for more than half of a life gets what has half of it: else each call would be a
    /// login.
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

/// What to do for whoever asks for a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// It has ended, or would on its way: only a new one will do.
    Expired,
    /// It is good for less than was asked for: get a new one, and hand this one out if none is to
    /// be had.
    TooShort,
    /// Hand it out.
    Fresh,
    /// Hand it out, and renew it on the side.
    RenewalDue,
}

/// Renewal begins a fifth of the life before the end, but no earlier than this.
const ADVISORY: Duration = Duration::from_secs(5 * 60);
/// A token on its way must not end there; of a short life a twentieth has to do.
const MANDATORY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_is_served_then_renewed_ahead_then_refused() {
        // From second 1000, good for ten minutes.
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
    fn who_asks_for_more_than_tokens_live_gets_half_a_life() {
        let schedule = RenewalSchedule::new(at(0), at(600), 0);
        assert_eq!(schedule.freshness(at(300), at(3600)), Freshness::Fresh);
        assert_eq!(schedule.freshness(at(301), at(3600)), Freshness::TooShort);
    }

    #[test]
    fn windows_fit_into_short_and_long_lives() {
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
        fn b16_no_moment_panics_and_none_after_the_end_serves(
            from in 0..u64::MAX, until in 0..u64::MAX, now in 0..u64::MAX, random in 0..u64::MAX,
        ) {
            let step = RenewalSchedule::new(at(from), at(until), random).freshness(at(now), at(60));
            if now >= until {
                proptest::prop_assert_eq!(step, Freshness::Expired);
            }
        }
    }
}
