//! The user in whose name to act.

use std::fmt;

use crate::identifier;
use crate::problems::ProblemKind;
use crate::value_kind::ValueKind;

/// A Salesforce username, in the form of a mail address: the subject of the assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Username(String);

impl Username {
    /// The username as it goes into the assertion.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ProblemKind> {
        // The quotes around a text that was pasted with them.
        let quoted = text.starts_with(['"', '\'']);
        let out = |c| "<>()[],;:".contains(c) || quoted && "\"'".contains(c);
        identifier::check(text, |c| !out(c))?;
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
