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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn api_errors_are_found_by_code_and_by_message() {
        for (code, message, meaning) in [
            (
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record",
                "another transaction",
            ),
            ("NOT_FOUND", "The requested resource does not exist", "the path or the record"),
            (
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: Ext__c",
                "no record has this id, or the field in the path is not an external id",
            ),
            ("JSON_PARSER_ERROR", "Unexpected character ('x' (code 120))", "the body is not"),
            (
                "JSON_PARSER_ERROR",
                "Cannot deserialize instance of int from VALUE_STRING value 55x or request may be \
                 missing a required field at [line:1, column:25]",
                "a value does not have the type",
            ),
            (
                "INVALID_FIELD",
                "The Ext__c field should not be specified in the sobject data.",
                "a field in the URL",
            ),
            ("414", "", "the address of the request is too long"),
        ] {
            let row = api_error(code, message).expect(code);
            assert!(row.meaning.starts_with(meaning), "{code}: {}", row.meaning);
        }
        assert_eq!(api_error("NEVER_SEEN", "not found"), None);
        assert_eq!(api_error("", "unable to lock row"), None);
    }

    #[test]
    fn api_error_rows_are_well_formed() {
        let mut anchors = HashSet::new();
        for row in api_errors() {
            assert!(anchors.insert(row.anchor()), "{}: the same row twice", row.code);
            assert!(!row.causes.is_empty(), "{}", row.code);
            assert!(row.causes.iter().all(|cause| cause.ends_with(['.', '-'])), "{}", row.code);
            assert!(!row.meaning.ends_with('.') && !row.remedy.ends_with('.'), "{}", row.code);
            assert!(row.messages.iter().all(|text| *text == text::normalize(text)), "{}", row.code);
            assert!(api_error(row.code, "").is_some(), "{} has no general row", row.code);
        }
    }
}
