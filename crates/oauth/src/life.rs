use std::time::Duration;

use crate::retry::fraction;

/// The life of a cached token, as far as it can be told without a clock.
///
/// A moment is the time since any fixed point of one clock: the boot of the machine, say, which
/// no one sets back. Callers ask [`Life::step`] what to do at a moment, and say what came of it.
///
/// A token is handed out until 30 s before its end, whatever the endpoint does. Shortly before
/// that it is renewed while it is still good, so that nobody waits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Life {
    token: Option<Span>,
    renewal: Renewal,
}

impl Life {
    /// No token yet.
    pub const fn new() -> Self {
        Self { token: None, renewal: Renewal::Idle }
    }

    /// What to do for whoever asks for a token at `now`.
    pub fn step(&self, now: Duration) -> Step {
        let good = self.token.filter(|token| now < token.last);
        let rests = match self.renewal {
            Renewal::Failed { until } => (now < until).then_some(until),
            Renewal::Idle | Renewal::Running => None,
        };
        let runs = self.renewal == Renewal::Running;
        match (good, rests) {
            (Some(token), None) if now >= token.renew && !runs => Step::ServeAndRenew,
            (Some(_), _) => Step::Serve,
            (None, Some(until)) => Step::Refuse { until },
            (None, None) if runs => Step::Wait,
            (None, None) => Step::Renew,
        }
    }

    /// A renewal has begun. Until it ends, no other begins.
    pub fn renewing(&mut self) {
        self.renewal = Renewal::Running;
    }

    /// A token came, good from `received_at` to `expires_at`.
    ///
    /// `random` is any number: it moves the renewal by up to half its window, so that many
    /// processes do not renew at once.
    pub fn renewed(&mut self, received_at: Duration, expires_at: Duration, random: u64) {
        let life = expires_at.saturating_sub(received_at);
        let window = (life / 5).min(ADVISORY);
        let early = window - fraction(window / 2, random);
        self.token = Some(Span {
            renew: expires_at.saturating_sub(early),
            last: expires_at.saturating_sub(MANDATORY.min(life / 4)),
        });
        self.renewal = Renewal::Idle;
    }

    /// The renewal failed; the next may begin at `until`. A token that is still good stays.
    pub fn failed(&mut self, until: Duration) {
        self.renewal = Renewal::Failed { until };
    }

    /// The renewal ended without a result; whoever asks next begins another.
    pub fn abandoned(&mut self) {
        self.renewal = Renewal::Idle;
    }

    /// The token is good no longer, whatever its end says.
    pub fn revoked(&mut self) {
        self.token = None;
    }
}

/// What to do for whoever asks for a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// There is no token, and the last renewal failed: answer with its error.
    Refuse {
        /// The next renewal may begin then.
        until: Duration,
    },
    /// There is no token: renew, and answer with what comes.
    Renew,
    /// Hand out the token.
    Serve,
    /// Hand out the token, and renew it on the side.
    ServeAndRenew,
    /// There is no token, and somebody renews it: answer with what comes.
    Wait,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Span {
    renew: Duration,
    last: Duration,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Renewal {
    Failed {
        until: Duration,
    },
    #[default]
    Idle,
    Running,
}

/// Renewal begins a fifth of the life before the end, but no earlier than this.
const ADVISORY: Duration = Duration::from_secs(5 * 60);
/// A token on its way must not end there; of a very short life a quarter has to do.
const MANDATORY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Received at 1000, good for ten minutes: renewed from 1480, or 1540 at the latest, served
    /// until 1570.
    fn ten_minutes(random: u64) -> Life {
        let mut life = Life::new();
        life.renewed(at(1000), at(1600), random);
        life
    }

    #[test]
    fn a_token_is_served_then_renewed_ahead_then_renewed_first() {
        for (random, now, step) in [
            (0, 1000, Step::Serve),
            (0, 1479, Step::Serve),
            (0, 1480, Step::ServeAndRenew),
            (u64::MAX, 1539, Step::Serve),
            (u64::MAX, 1540, Step::ServeAndRenew),
            (0, 1569, Step::ServeAndRenew),
            (0, 1570, Step::Renew),
            (0, 9999, Step::Renew),
        ] {
            assert_eq!(ten_minutes(random).step(at(now)), step, "{random} {now}");
        }
    }

    #[test]
    fn b15_a_failed_renewal_never_takes_away_a_good_token() {
        let mut life = ten_minutes(0);
        life.failed(at(1500));
        assert_eq!(life.step(at(1490)), Step::Serve);
        assert_eq!(life.step(at(1500)), Step::ServeAndRenew);
        life.failed(at(1700));
        assert_eq!(life.step(at(1569)), Step::Serve);
    }

    #[test]
    fn b16_a_token_past_its_end_is_never_served() {
        let mut life = ten_minutes(0);
        life.failed(at(1700));
        assert_eq!(life.step(at(1570)), Step::Refuse { until: at(1700) });
        assert_eq!(life.step(at(1700)), Step::Renew);
    }

    #[test]
    fn b17_one_renewal_at_a_time() {
        let mut life = ten_minutes(0);
        life.renewing();
        assert_eq!(life.step(at(1500)), Step::Serve);
        assert_eq!(life.step(at(1570)), Step::Wait);
        life.abandoned();
        assert_eq!(life.step(at(1570)), Step::Renew);
    }

    #[test]
    fn b18_a_revoked_token_is_not_served_again() {
        let mut life = ten_minutes(0);
        life.revoked();
        assert_eq!(life.step(at(1001)), Step::Renew);
        assert_eq!(Life::new().step(at(0)), Step::Renew);
    }

    #[test]
    fn windows_fit_into_short_and_long_lives() {
        let life = |seconds| {
            let mut life = Life::new();
            life.renewed(at(0), at(seconds), 0);
            life
        };
        assert_eq!(life(86_400).step(at(86_099)), Step::Serve);
        assert_eq!(life(86_400).step(at(86_100)), Step::ServeAndRenew);
        assert_eq!(life(40).step(at(29)), Step::Serve);
        assert_eq!(life(40).step(at(30)), Step::Renew);
        assert_eq!(life(0).step(at(0)), Step::Renew);
    }

    proptest::proptest! {
        #[test]
        fn no_moment_panics_and_none_after_the_end_serves(
            from in 0..u64::MAX, until in 0..u64::MAX, now in 0..u64::MAX, random in 0..u64::MAX,
        ) {
            let mut life = Life::new();
            life.renewed(at(from), at(until), random);
            if now >= until {
                proptest::prop_assert_eq!(life.step(at(now)), Step::Renew);
            }
        }
    }
}
