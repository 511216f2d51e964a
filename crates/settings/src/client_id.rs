//! The consumer key of the app.

use std::fmt;

use crate::identifier;
use crate::problems::ProblemKind;

/// The Consumer Key of a connected app or external client app: the issuer of the assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientId(String);

impl ClientId {
    /// Returns the Consumer Key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ProblemKind> {
        identifier::check(text, |c| c.is_ascii_graphic() && !"\"'`<>\\".contains(c))?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
