//! The user who logs in.

use std::fmt;

use crate::identifier;
use crate::problems::ProblemKind;
use crate::value_kind::ValueKind;

/// A Salesforce username, in the form of an email address: the subject of the assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Username(String);

impl Username {
    /// Returns the username as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ProblemKind> {
        // Quotes are refused only around a username: O'Brien has one inside.
        let quoted = text.starts_with(['"', '\'']);
        let is_refused = |c| "<>()[],;:".contains(c) || quoted && "\"'".contains(c);
        identifier::check(text, |c| !is_refused(c))?;
        match ValueKind::guess(text) {
            Some(ValueKind::UserId) => Err(ProblemKind::UserId),
            _ if !text.contains('@') => Err(ProblemKind::MissingAt),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
