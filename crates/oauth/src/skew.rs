use std::fmt;

use http::HeaderMap;
use http::header::DATE;
use orgtoken_assertion::UnixTime;

use crate::response::http_date;

/// The difference between the local clock and the server's, if it is large enough to matter.
///
/// An assertion is valid for minutes, so a clock that is off by more leads to refusals, which do
/// not name the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Skew {
    seconds: u64,
    /// Whether the local clock is ahead of the server's.
    ahead: bool,
}

impl Skew {
    /// Compares the `Date` in the headers of a response with `now`, the time of its arrival.
    /// Returns `None` below a minute and without a `Date`.
    pub fn of(headers: &HeaderMap, now: UnixTime) -> Option<Self> {
        let server = http_date(headers, DATE)?.as_secs();
        let seconds = now.as_secs().abs_diff(server);
        (seconds > TOLERATED).then_some(Self { seconds, ahead: now.as_secs() > server })
    }

    /// Whether an assertion may be signed for the server's clock.
    ///
    /// The host controls `Date`. An assertion signed for the far future can be stored and used
    /// later, so a larger difference is not corrected: the clock has to be set.
    pub(crate) fn is_correctable(self) -> bool {
        self.seconds <= MAX_CORRECTION
    }

    /// Returns the time of the server's clock.
    pub(crate) fn correct(self, local: UnixTime) -> UnixTime {
        let local = local.as_secs();
        UnixTime::from_secs(if self.ahead {
            local.saturating_sub(self.seconds)
        } else {
            local.saturating_add(self.seconds)
        })
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.ahead { "ahead of" } else { "behind" };
        write!(f, "the local clock is {} s {direction} Salesforce's", self.seconds)
    }
}

/// In seconds.
const TOLERATED: u64 = 60;

/// In seconds.
const MAX_CORRECTION: u64 = 5 * 60;
