use std::borrow::Cow;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::{Audience, Refusal, Resolution, TokenEndpoint, TokenResponseError};

use crate::TransportError;

/// An attempt that gave no token: where, for whom, and what came of it.
#[derive(Debug)]
pub struct Attempt {
    resolution: Resolution,
    error: AttemptError,
}

impl Attempt {
    pub(crate) fn new(resolution: Resolution, error: AttemptError) -> Self {
        Self { resolution, error }
    }

    /// Where the assertion went.
    pub fn endpoint(&self) -> &TokenEndpoint {
        self.resolution.endpoint()
    }

    /// For whom it was made.
    pub fn audience(&self) -> &Audience {
        self.resolution.audience()
    }

    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.endpoint() == other.endpoint() && self.audience() == other.audience()
    }

    /// What came back in place of a token.
    pub fn error(&self) -> &AttemptError {
        &self.error
    }
}

/// What came back in place of a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The endpoint answered, and there is no token in the answer.
    #[error(transparent)]
    Answer(#[from] TokenResponseError),
    /// There was no answer.
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
    /// Whether another assertion may do better a little later with nobody acting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Answer(error) => error.is_transient(),
            Self::Transport(error) => error.is_transient(),
        }
    }

    /// Whether it is certain that the assertion never left this machine.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_unsent())
    }

    /// How long the endpoint asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answer(error) => error.retry_after(),
            Self::Transport(_) => None,
        }
    }

    /// What Salesforce said, if it was Salesforce that refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Answer(TokenResponseError::Refused(refusal)) => Some(refusal),
            Self::Answer(_) | Self::Transport(_) => None,
        }
    }
}
