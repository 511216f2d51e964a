//! `If-Modified-Since` and `If-Unmodified-Since` ([RFC 9110, Section 13]).
//!
//! [RFC 9110, Section 13]: https://www.rfc-editor.org/rfc/rfc9110#section-13

use http::header;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::call::Call;

/// Whether `If-Modified-Since` names a time at or after this last change.
pub(super) fn is_unchanged(call: &Call, modified: &str) -> bool {
    let (since, modified) = (named(call, header::IF_MODIFIED_SINCE), time(modified));
    since.zip(modified).is_some_and(|(since, modified)| modified <= since)
}

/// Whether `If-Unmodified-Since` names a time before this last change.
pub(super) fn was_changed(call: &Call, modified: &str) -> bool {
    let (since, modified) = (named(call, header::IF_UNMODIFIED_SINCE), time(modified));
    since.zip(modified).is_some_and(|(since, modified)| modified > since)
}

/// An invalid date is ignored, as the standard says.
fn named(call: &Call, name: header::HeaderName) -> Option<Timestamp> {
    Some(rfc2822::parse(call.header(name)?).ok()?.timestamp())
}

/// Parses the format of the API: `2026-11-23T17:45:46.000+0000`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
