use std::time::Duration;

use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_oauth::Refusal;
use serde::{Deserialize, Serialize};

use crate::{AttemptError, LoginError, error_chain};

/// A failed login as it is cached, without any secret.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct CachedFailure {
    at: u64,
    /// Seconds for which no login is attempted; 0 if another may succeed at once.
    blocks_for: u64,
    /// The number of failures in a row.
    times: u32,
    /// Whether it may resolve itself.
    #[serde(default)]
    is_transient: bool,
    code: String,
    text: String,
    hint: Option<String>,
    refusal: Option<(String, Option<String>)>,
}

impl CachedFailure {
    /// Records the reason of a failed login.
    ///
    /// * `sent`: the number of assertions that may have reached the endpoint
    /// * `before`: the failure that was cached so far
    pub(crate) fn new(error: &LoginError, sent: u32, now: UnixTime, before: Option<&Self>) -> Self {
        let refusal = error.refusal();
        let again = before.is_some_and(|before| before.blocks_for > 0);
        let times = before.filter(|_| again).map_or(1, |before| before.times.saturating_add(1));
        Self {
            at: now.as_secs(),
            blocks_for: if sent == 0 { 0 } else { blocks_for(error, times).as_secs() },
            times,
            is_transient: error.is_transient(),
            code: error.code().to_owned(),
            text: error_chain(error),
            hint: error.hint().map(String::from),
            refusal: refusal.map(|refusal| {
                (refusal.code().to_owned(), refusal.description().map(str::to_owned))
            }),
        }
    }

    /// A short, stable name.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message of the error when it happened.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The next step.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The refusal, if Salesforce refused the login.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal.as_ref().map(|(code, text)| Refusal::new(code, text.as_deref()))
    }

    /// Whether it may resolve itself.
    pub fn is_transient(&self) -> bool {
        self.is_transient
    }

    /// The time of the failure.
    pub fn at(&self) -> UnixTime {
        UnixTime::from_secs(self.at)
    }

    /// Whether assertions failed a short time ago for a transient reason.
    pub(crate) fn is_outage(&self, now: UnixTime) -> bool {
        let was_sent = self.blocks_for > 0;
        self.is_transient
            && was_sent
            && now.saturating_duration_since(self.at()) <= LONGEST_OUTAGE_PAUSE * 2
    }

    /// Returns how long no login is attempted; `None` if one may be attempted now. A caller with a
    /// token that is still valid waits longer. A failure in the future comes from a wrong clock and
    /// blocks nothing.
    pub(crate) fn still_blocks(&self, still_valid: bool, now: UnixTime) -> Option<Duration> {
        let pause = if still_valid { PAUSE } else { Duration::ZERO };
        let until = self.at().saturating_add(Duration::from_secs(self.blocks_for).max(pause));
        let left = until.saturating_duration_since(now);
        (self.at() <= now && !left.is_zero()).then_some(left)
    }

    /// Whether callers that waited for this attempt get its failure.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        now.saturating_duration_since(self.at()) <= LEFT_FOR
    }
}

/// Returns how long no assertion is sent after the last of `times` failures in a row.
///
/// During an outage the pause is 5 s, and doubles with each failure up to 45 s. So an hour of it
/// costs fewer assertions than the hourly cap, and its end is noticed within 45 s.
fn blocks_for(error: &LoginError, times: u32) -> Duration {
    match error.last() {
        Some(AttemptError::Answer(error)) if !error.is_transient() => error.cooldown(times - 1),
        Some(AttemptError::Answer(error)) if error.retry_after().is_some() => {
            error.cooldown(0).min(LONGEST_REQUESTED_PAUSE)
        }
        Some(_) => {
            let doubled = 1_u32.checked_shl(times - 1).unwrap_or(u32::MAX);
            SHORTEST_OUTAGE_PAUSE.saturating_mul(doubled).min(LONGEST_OUTAGE_PAUSE)
        }
        None => Duration::ZERO,
    }
}

/// The pause between two attempts while the cached token is still valid.
const PAUSE: Duration = Duration::from_secs(30);

/// The shortest and longest pause between two logins during an outage.
const SHORTEST_OUTAGE_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(45);

/// The longest `Retry-After` that is honoured: it may come from a proxy that cannot know.
const LONGEST_REQUESTED_PAUSE: Duration = Duration::from_secs(5 * 60);

/// The time for which a failed attempt is the result for callers that waited for it.
const LEFT_FOR: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use orgtoken_oauth::{Resolution, TokenResponseError};

    use super::*;
    use crate::Attempt;

    #[test]
    fn fault_before_sending_is_not_an_outage() {
        let (status, length) = (StatusCode::SERVICE_UNAVAILABLE, 0);
        let busy =
            TokenResponseError::Status { status, body: "nothing", length, retry_after: None };
        let resolution = Resolution::resolve(None, None, None).unwrap();
        let error = LoginError::NoToken(vec![Attempt::new(resolution, busy.into())]);
        let now = UnixTime::from_secs(1_700_000_000);
        for (sent, is_outage) in [(0, false), (1, true)] {
            let failure = CachedFailure::new(&error, sent, now, None);
            assert_eq!(failure.is_outage(now), is_outage, "{sent} sent");
        }
    }
}
