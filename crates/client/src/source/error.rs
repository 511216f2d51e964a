use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::Refusal;

use crate::LoginError;
use crate::cache::CachedFailure;

/// A source that has no token.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// The runtime was shut down during the login.
    Cancelled,
    /// The hourly cap of this user is reached: with more logins Salesforce might block the user.
    Cap {
        /// Assertions per hour.
        cap: u32,
        /// The time until the next login is possible.
        retry_in: Duration,
    },
    /// The login failed.
    Login(LoginError),
    /// A login failed a short time ago, and its failure is cached.
    CachedFailure {
        /// The cached failure.
        failure: CachedFailure,
        /// The age of the failure.
        age: Duration,
        /// The time until the next login; zero for a failure that this caller waited for.
        retry_in: Duration,
    },
}

impl Diagnostic for TokenError {
    fn code(&self) -> &str {
        match self {
            Self::Cancelled => "interrupted",
            Self::Cap { .. } => "rate.cap",
            Self::Login(error) => error.code(),
            Self::CachedFailure { failure, .. } => failure.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Cancelled => None,
            Self::Cap { .. } => Some(Cow::Borrowed(
                "find the program that logs in so often, and let it share the token through the setting \
                 `cache`",
            )),
            Self::Login(error) => error.hint(),
            Self::CachedFailure { failure, .. } => failure.hint().map(Cow::Borrowed),
        }
    }
}

impl TokenError {
    /// Whether the same call may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Cancelled | Self::Cap { .. } => true,
            Self::Login(error) => error.is_transient(),
            Self::CachedFailure { failure, .. } => failure.is_transient(),
        }
    }

    /// The time to wait before the next request, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Cancelled => None,
            Self::Cap { retry_in, .. } | Self::CachedFailure { retry_in, .. } => {
                (!retry_in.is_zero()).then_some(*retry_in)
            }
            Self::Login(error) => error.retry_after(),
        }
    }

    /// The refusal, new or cached, if Salesforce refused the login.
    pub fn refusal(&self) -> Option<Cow<'_, Refusal>> {
        match self {
            Self::Cancelled | Self::Cap { .. } => None,
            Self::Login(error) => error.refusal().map(Cow::Borrowed),
            Self::CachedFailure { failure, .. } => failure.refusal().map(Cow::Owned),
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the login was cancelled: the runtime is shutting down"),
            Self::Cap { cap: 0, .. } => f.write_str("no login is allowed: the hourly cap is 0"),
            Self::Cap { cap, retry_in } => write!(
                f,
                "hourly cap reached: {cap} assertions were sent for this user; the next login is \
                 possible in {}",
                Rounded(*retry_in)
            ),
            Self::Login(error) => error.fmt(f),
            Self::CachedFailure { failure, age, retry_in } if retry_in.is_zero() => {
                write!(f, "{} (result of another caller, {} ago)", failure.text(), Rounded(*age))
            }
            Self::CachedFailure { failure, age, retry_in } => write!(
                f,
                "{} (cached failure, {} old; next attempt in {})",
                failure.text(),
                Rounded(*age),
                Rounded(*retry_in)
            ),
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Login(error) => error.source(),
            Self::Cancelled | Self::Cap { .. } | Self::CachedFailure { .. } => None,
        }
    }
}

impl From<LoginError> for TokenError {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

/// `40 s`, `12 min`.
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..=119 => write!(f, "{seconds} s"),
            seconds => write!(f, "{} min", seconds / 60),
        }
    }
}
