use std::fmt;
use std::time::UNIX_EPOCH;

use http::header::DATE;
use http::{HeaderMap, Response};
use orgtoken_assertion::UnixTime;

/// How far the local clock is from the server's, if that is far enough to matter.
///
/// An assertion lives for minutes, so a clock that is wrong by more is refused, and no refusal
/// says so in as many words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Skew {
    seconds: u64,
    ahead: bool,
}

impl Skew {
    /// Reads the `Date` of an answer that came in at `now`. `None` below a minute, or without one.
    pub fn of<B>(response: &Response<B>, now: UnixTime) -> Option<Self> {
        Self::from_headers(response.headers(), now)
    }

    /// In seconds.
    pub fn seconds(self) -> u64 {
        self.seconds
    }

    /// Does the local clock show a later time than the server's?
    pub fn is_ahead(self) -> bool {
        self.ahead
    }

    pub(crate) fn from_headers(headers: &HeaderMap, now: UnixTime) -> Option<Self> {
        let date = headers.get(DATE)?.to_str().ok()?;
        let server =
            httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs();
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

const TOLERATED: u64 = 60;
