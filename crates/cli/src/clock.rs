//! The clock.

use std::time::{SystemTime, UNIX_EPOCH};

use orgtoken_assertion::UnixTime;

/// Returns the current time. A clock before 1970 counts as 1970.
pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_epoch(since)
}
