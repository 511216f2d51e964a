use std::fmt;

use http::header::DATE;
use http::{HeaderMap, Response};
use orgtoken_assertion::UnixTime;

use crate::response::http_date;

/// How far the local clock is from the server's, if that is far enough to matter.
///
/// An assertion lives for minutes, so a clock that is wrong by more is refused, and no refusal
/// says so in as many words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Skew {
    seconds: u64,
    /// Whether the local clock shows a later time than the server's.
    ahead: bool,
}

impl Skew {
    /// Reads the `Date` of an answer that came in at `now`. `None` below a minute, or without one.
    pub fn of<B>(response: &Response<B>, now: UnixTime) -> Option<Self> {
        Self::from_headers(response.headers(), now)
    }

    /// Whether an assertion may be signed for the server's clock.
    ///
    /// `Date` is what the host says. An assertion that is signed far ahead can be kept and used
    /// later, so a clock that differs by more is to be set right instead.
    pub(crate) fn is_correctable(self) -> bool {
        self.seconds <= MAX_CORRECTION
    }

    /// The time by the server's clock.
    pub(crate) fn correct(self, local: UnixTime) -> UnixTime {
        let local = local.as_secs();
        UnixTime::from_secs(if self.ahead {
            local.saturating_sub(self.seconds)
        } else {
            local.saturating_add(self.seconds)
        })
    }

    pub(crate) fn from_headers(headers: &HeaderMap, now: UnixTime) -> Option<Self> {
        let server = http_date(headers, DATE)?.as_secs();
        let seconds = now.as_secs().abs_diff(server);
        (seconds > TOLERATED).then_some(Self { seconds, ahead: now.as_secs() > server })
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
