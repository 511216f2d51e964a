//! The user who logs in, and the app.

use std::fmt;

use orgtoken_oauth::redact;

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
        check(text, |c| !is_refused(c))?;
        match ValueKind::guess(text) {
            Some(ValueKind::UserId) => Err(ProblemKind::Value {
                what: "a user id, not a username",
                hint: "give the Username of that user, in the form user@example.com: see Setup > \
                       Users",
            }),
            _ if !text.contains('@') => Err(ProblemKind::Value {
                what: "not a username: no `@`",
                hint: "give the username as Setup > Users shows it, in the form user@example.com",
            }),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The Consumer Key of a connected app or external client app: the issuer of the assertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientId(String);

impl ClientId {
    /// Returns the Consumer Key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ProblemKind> {
        check(text, |c| c.is_ascii_graphic() && !"\"'`<>\\".contains(c))?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses text that is too long, and characters that are invisible or not allowed by `is_allowed`.
fn check(text: &str, is_allowed: impl Fn(char) -> bool) -> Result<(), ProblemKind> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(ProblemKind::TooLarge { limit: MAX_CHARACTERS, unit: "characters" });
    }
    let is_blank = |c: char| c.is_control() || c.is_whitespace() || redact::is_invisible(c);
    match text.chars().enumerate().find(|(_, c)| is_blank(*c) || !is_allowed(*c)) {
        None => Ok(()),
        Some((index, c)) => Err(ProblemKind::Character { code: c.into(), position: index + 1 }),
    }
}

const MAX_CHARACTERS: usize = 512;
