//! Retries while a change in Setup propagates, which takes two to ten minutes.

use std::time::{Duration, Instant};

use orgtoken_doctor::Report;

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::prompt;

pub(super) const NONE: Duration = Duration::ZERO;
pub(super) const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Repeats the diagnosis until it succeeds, fails permanently, or the time is up.
pub(super) fn until(
    max_wait: Duration,
    console: &Console,
    mut examine: impl FnMut() -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let end = Instant::now() + max_wait;
    let mut report = examine()?;
    while report.may_resolve_itself() {
        let left = end.saturating_duration_since(Instant::now());
        let Some(pause) = pause(left) else { break };
        console.remark(&format_args!(
            "the change may not have propagated yet; retrying in {} s (up to {} more minutes){}",
            pause.as_secs(),
            left.as_secs().div_ceil(60),
            if prompt::is_interactive() { "; press Enter to retry now" } else { "" }
        ));
        prompt::pause(pause)?;
        report = examine()?;
    }
    Ok(report)
}

/// Returns the pause before the next login, which spares the login limit of Salesforce.
fn pause(left: Duration) -> Option<Duration> {
    (left >= PAUSE).then_some(PAUSE)
}

const PAUSE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_have_at_most_31_logins() {
        let mut left = TEN_MINUTES;
        let mut logins = 1;
        while let Some(pause) = pause(left) {
            assert!(pause >= Duration::from_secs(15));
            left -= pause;
            logins += 1;
        }
        assert_eq!(logins, 31);
        assert_eq!(pause(NONE), None);
    }
}
