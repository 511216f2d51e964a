//! When a token is handed out, and when it is renewed.

use std::time::Duration;

/// How far ahead of its end a token is renewed in the background, while it is still handed out.
///
/// A fifth of its life, at most five minutes, less a random half of that, so that not all that
/// logged in together renew together.
pub(crate) fn advisory(life: Duration, jitter: f64) -> Duration {
    (life / 5).min(LONGEST_ADVISORY).mul_f64(1.0 - jitter / 2.0)
}

/// How much of its life a token must have left to be handed out to somebody who needs it for
/// `min_ttl`.
///
/// Never less than 30 s, or a tenth of a short life: the call it is for takes time, too. Never
/// more than half of a life: who asks for more than tokens live would log in for each call.
pub(crate) fn needed(life: Duration, min_ttl: Duration) -> Duration {
    min_ttl.min(life / 2).max((life / 10).min(LONGEST_MANDATORY))
}

const LONGEST_ADVISORY: Duration = Duration::from_secs(5 * 60);
const LONGEST_MANDATORY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn windows_follow_the_life_of_a_token() {
        for (name, life, earliest, latest, last) in [
            ("a minute", MINUTE, 12, 6, 6),
            ("ten minutes", 10 * MINUTE, 120, 60, 30),
            ("two hours", 120 * MINUTE, 300, 150, 30),
        ] {
            assert_eq!(advisory(life, 0.0), Duration::from_secs(earliest), "{name}");
            assert_eq!(advisory(life, 1.0), Duration::from_secs(latest), "{name}");
            assert_eq!(needed(life, Duration::ZERO), Duration::from_secs(last), "{name}");
        }
    }

    #[test]
    fn who_asks_for_more_than_tokens_live_gets_half_a_life() {
        assert_eq!(needed(10 * MINUTE, MINUTE), MINUTE);
        assert_eq!(needed(10 * MINUTE, 60 * MINUTE), 5 * MINUTE);
    }
}
