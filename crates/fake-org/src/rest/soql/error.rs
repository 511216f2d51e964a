//! Errors of a query, with the codes and messages of the platform.

use crate::rest::RestError;

/// A code, a message and the position in the query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoqlError {
    code: &'static str,
    message: String,
    at: usize,
}

impl SoqlError {
    pub(super) fn new(code: &'static str, at: usize, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at }
    }

    pub(super) fn malformed(at: usize, message: impl Into<String>) -> Self {
        Self::new("MALFORMED_QUERY", at, message)
    }

    pub(super) fn unexpected(at: usize, token: &str) -> Self {
        Self::malformed(at, format!("unexpected token: '{token}'"))
    }

    pub(super) fn no_column(at: usize, field: &str, object: &str) -> Self {
        let what = format!("No such column '{field}' on entity '{object}'.");
        Self::unknown("INVALID_FIELD", at, &what, "field", "__c")
    }

    pub(super) fn no_relationship(at: usize, name: &str) -> Self {
        let what = format!("Didn't understand relationship '{name}' in field path.");
        Self::unknown("INVALID_FIELD", at, &what, "relationship", "__r")
    }

    pub(super) fn no_child(at: usize, name: &str) -> Self {
        let what = format!("Didn't understand relationship '{name}' in FROM part of query call.");
        Self::unknown("INVALID_TYPE", at, &what, "relationship", "__r")
    }

    pub(super) fn no_object(at: usize, name: &str) -> Self {
        let what = format!("sObject type '{name}' is not supported.");
        Self::unknown("INVALID_TYPE", at, &what, "object", "__c")
    }

    fn unknown(code: &'static str, at: usize, what: &str, kind: &str, suffix: &str) -> Self {
        let name = if kind == "object" { "entity".to_owned() } else { format!("custom {kind}") };
        let message = format!(
            "{what} If you are attempting to use a custom {kind}, be sure to append the '{suffix}' \
             after the {name} name. Please reference your WSDL or the describe call for the \
             appropriate names."
        );
        Self::new(code, at, message)
    }

    /// Returns the response of a call with this query.
    pub(crate) fn in_query(&self, query: &str) -> RestError {
        RestError::new(400, self.code, self.message(query))
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the message below its line of the query, with a caret at the position.
    pub(crate) fn message(&self, query: &str) -> String {
        let before = query.get(..self.at).unwrap_or(query);
        let row = before.matches('\n').count() + 1;
        let line = query.lines().nth(row - 1).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let caret = " ".repeat(column - 1);
        format!("\n{line}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::SoqlError;

    #[test]
    fn caret_is_at_the_position() {
        let error = SoqlError::unexpected(10, "FORM");
        assert_eq!(
            error.message("SELECT Id FORM Account"),
            "\nSELECT Id FORM Account\n          ^\nERROR at Row:1:Column:11\n\
             unexpected token: 'FORM'"
        );
    }

    #[test]
    fn row_is_the_line_of_the_query() {
        let error = SoqlError::unexpected(10, "Id");
        assert!(error.message("SELECT é\nId").contains("\nId\n^\nERROR at Row:2:Column:1\n"));
    }
}
