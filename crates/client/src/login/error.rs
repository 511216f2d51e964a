use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use orgtoken_assertion::{ClaimsError, Diagnostic, SignError};
use orgtoken_oauth::Refusal;

use super::attempt::{Attempt, AttemptError};

/// A failed login.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// The client id or the username is not valid in an assertion.
    Claims(ClaimsError),
    /// Every attempt failed. There is at least one, and the last one decides on code and hint.
    NoToken(Vec<Attempt>),
    /// The assertion was not signed, and nothing was sent.
    Sign(SignError),
}

impl Diagnostic for LoginError {
    fn code(&self) -> &str {
        match self {
            Self::Claims(error) => error.code(),
            Self::NoToken(_) => self.last().map_or("resp.empty", AttemptError::code),
            Self::Sign(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Claims(error) => error.hint(),
            Self::NoToken(_) => self.last().and_then(AttemptError::hint),
            Self::Sign(error) => orgtoken_signer::hint(error),
        }
    }
}

impl LoginError {
    /// Whether the same login may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        self.last().is_some_and(AttemptError::is_transient)
    }

    /// The refusal of the last attempt, if Salesforce refused it.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.last().and_then(AttemptError::refusal)
    }

    /// The `Retry-After` of the endpoint.
    pub fn retry_after(&self) -> Option<Duration> {
        self.last().and_then(AttemptError::retry_after)
    }

    /// The attempts in order; none if nothing was sent.
    pub fn attempts(&self) -> &[Attempt] {
        match self {
            Self::NoToken(attempts) => attempts,
            Self::Claims(_) | Self::Sign(_) => &[],
        }
    }

    pub(crate) fn last(&self) -> Option<&AttemptError> {
        self.attempts().last().map(Attempt::error)
    }
}

/// The source is the error of the last attempt. The message has the errors of those before it.
impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = match self {
            Self::Claims(_) => return f.write_str("cannot make an assertion"),
            Self::NoToken(attempts) => attempts,
            Self::Sign(_) => return f.write_str("cannot sign the assertion"),
        };
        f.write_str("no token")?;
        let mut places = attempts.chunk_by(Attempt::is_like).peekable();
        let mut from = "from";
        while let Some([attempt, more @ ..]) = places.next() {
            let (endpoint, audience) = (attempt.endpoint().origin(), attempt.audience().as_str());
            write!(f, " {from} `{endpoint}` for audience `{audience}`")?;
            if !more.is_empty() {
                write!(f, " in {} attempts", 1 + more.len())?;
            }
            if places.peek().is_some() {
                write!(f, " ({}),", more.last().unwrap_or(attempt).error())?;
            }
            from = "nor from";
        }
        Ok(())
    }
}

impl std::error::Error for LoginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Claims(error) => Some(error),
            Self::NoToken(_) => self.last().map(|error| error as _),
            Self::Sign(error) => Some(error),
        }
    }
}

impl From<ClaimsError> for LoginError {
    fn from(error: ClaimsError) -> Self {
        Self::Claims(error)
    }
}

impl From<SignError> for LoginError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}
