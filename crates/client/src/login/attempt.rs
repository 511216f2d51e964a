use std::borrow::Cow;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::{Audience, Refusal, Resolution, TokenEndpoint, TokenResponseError};

use crate::TransportError;

/// A failed attempt: its endpoint, its audience and its error.
#[derive(Debug)]
pub struct Attempt {
    resolution: Resolution,
    error: AttemptError,
}

impl Attempt {
    pub(crate) fn new(resolution: Resolution, error: AttemptError) -> Self {
        Self { resolution, error }
    }

    /// The token endpoint that got the assertion.
    pub fn endpoint(&self) -> &TokenEndpoint {
        self.resolution.endpoint()
    }

    /// The audience of the assertion.
    pub fn audience(&self) -> &Audience {
        self.resolution.audience()
    }

    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.endpoint() == other.endpoint() && self.audience() == other.audience()
    }

    /// The error of the attempt.
    pub fn error(&self) -> &AttemptError {
        &self.error
    }
}

/// The error of one attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The response of the endpoint has no token.
    #[error(transparent)]
    Answer(#[from] TokenResponseError),
    /// There was no response.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Diagnostic for AttemptError {
    fn code(&self) -> &str {
        match self {
            Self::Answer(error) => error.code(),
            Self::Transport(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        if let Some(wait) = self.retry_after().filter(|_| self.is_transient()) {
            let seconds = wait.as_secs();
            return Some(format!("try again in {seconds} s, as Salesforce asks").into());
        }
        match self {
            Self::Answer(error) => error.hint(),
            Self::Transport(error) => error.hint(),
        }
    }
}

impl AttemptError {
    /// Whether another assertion may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Answer(error) => error.is_transient(),
            Self::Transport(error) => error.is_transient(),
        }
    }

    /// Whether the assertion certainly never left this machine.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_unsent())
    }

    /// The `Retry-After` of the endpoint.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answer(error) => error.retry_after(),
            Self::Transport(_) => None,
        }
    }

    /// The refusal, if Salesforce refused the login.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Answer(TokenResponseError::Refused(refusal)) => Some(refusal),
            Self::Answer(_) | Self::Transport(_) => None,
        }
    }
}
