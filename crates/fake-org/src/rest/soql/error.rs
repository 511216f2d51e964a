//! Errors of a query, with the codes and messages of the platform.

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
        let message = format!(
            "No such column '{field}' on entity '{object}'. If you are attempting to use a custom \
             field, be sure to append the '__c' after the custom field name. Please reference your \
             WSDL or the describe call for the appropriate names."
        );
        Self::new("INVALID_FIELD", at, message)
    }

    pub(super) fn no_relationship(at: usize, name: &str) -> Self {
        let message = format!(
            "Didn't understand relationship '{name}' in field path. If you are attempting to use a \
             custom relationship, be sure to append the '__r' after the custom relationship name. \
             Please reference your WSDL or the describe call for the appropriate names."
        );
        Self::new("INVALID_FIELD", at, message)
    }

    pub(super) fn no_child(at: usize, name: &str) -> Self {
        let message = format!(
            "Didn't understand relationship '{name}' in FROM part of query call. If you are \
             attempting to use a custom relationship, be sure to append the '__r' after the custom \
             relationship name. Please reference your WSDL or the describe call for the \
             appropriate names."
        );
        Self::new("INVALID_TYPE", at, message)
    }

    pub(super) fn no_object(at: usize, name: &str) -> Self {
        let message = format!(
            "sObject type '{name}' is not supported. If you are attempting to use a custom object, \
             be sure to append the '__c' after the entity name. Please reference your WSDL or the \
             describe call for the appropriate names."
        );
        Self::new("INVALID_TYPE", at, message)
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
