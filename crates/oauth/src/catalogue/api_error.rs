use std::sync::LazyLock;

use serde::Deserialize;

use super::{matches, parse};
use crate::text;

/// An error of the REST API, or one message of it.
///
/// A [`Refusal`](crate::Refusal) is a response of the token endpoint. This is a response to a call
/// with a token, or the reason why one record was not saved.
#[derive(Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ApiErrorEntry {
    /// The error code of Salesforce, such as `UNABLE_TO_LOCK_ROW`, or the number of a status.
    pub code: &'static str,
    /// The messages of this row, normalized; `*` is a value that Salesforce inserts. If empty, the
    /// row is about every message of this code without a row of its own.
    #[serde(borrow, default)]
    messages: Vec<&'static str>,
    /// The meaning, as part of a sentence.
    pub meaning: &'static str,
    /// The usual causes, the most frequent first, as sentences.
    #[serde(borrow)]
    pub causes: Vec<&'static str>,
    /// The remedy: one imperative, without a full stop.
    pub remedy: &'static str,
    /// Whether the same call may succeed later without a change.
    #[serde(default)]
    pub transient: bool,
}

impl ApiErrorEntry {
    /// Returns the anchor of this row in `refusals.md`, such as `api-unable_to_lock_row`.
    ///
    /// Rows with the same code are numbered.
    pub fn anchor(&self) -> String {
        let code = self.code.to_ascii_lowercase();
        match api_errors().filter(|row| row.code == self.code).position(|row| row == self) {
            Some(0) | None => format!("api-{code}"),
            Some(number) => format!("api-{code}-{}", number + 1),
        }
    }

    /// Returns one of the messages for display; `…` is an inserted value.
    pub fn message(&self) -> Option<String> {
        self.messages.first().map(|message| message.replace('*', "…"))
    }
}

/// Returns all rows, by subject.
pub fn api_errors() -> impl Iterator<Item = &'static ApiErrorEntry> {
    static ROWS: LazyLock<Vec<ApiErrorEntry>> =
        LazyLock::new(|| parse(include_str!("api_errors.toml")));
    ROWS.iter()
}

/// Returns the row of an error code (or of a status without one): the row of its message, or else
/// the general one. Returns `None` if the code is not in the catalogue.
pub fn api_error(code: &str, message: &str) -> Option<&'static ApiErrorEntry> {
    let message = text::normalize(message);
    let rows = || api_errors().filter(|row| row.code == code);
    let exact = rows().find(|row| row.messages.iter().any(|known| matches(known, &message)));
    exact.or_else(|| rows().find(|row| row.messages.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_normalized() {
        for row in api_errors() {
            for message in &row.messages {
                assert_eq!(*message, text::normalize(message), "{}", row.code);
            }
        }
    }
}
