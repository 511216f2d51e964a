use std::borrow::Cow;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::Refusal;

use crate::LoginError;
use crate::cache::CachedFailure;

/// A source that has no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The runtime was shut down during the login.
    #[error("the login was cancelled: the runtime is shutting down")]
    Cancelled,
    /// The hourly cap of this user is reached: with more logins Salesforce might block the user.
    #[error("{}", cap_reached(*.cap, *.retry_in))]
    Cap {
        /// Assertions per hour.
        cap: u32,
        /// The time until the next login is possible.
        retry_in: Duration,
    },
    /// The login failed.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// A login failed a short time ago, and its failure is cached.
    #[error("{} ({})", .failure.text(), cached(*.age, *.retry_in))]
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

fn cap_reached(cap: u32, retry_in: Duration) -> String {
    if cap == 0 {
        return "no login is allowed: the hourly cap is 0".to_owned();
    }
    let wait = rounded(retry_in);
    format!(
        "hourly cap reached: {cap} assertions were sent for this user; the next login is possible in \
         {wait}"
    )
}

fn cached(age: Duration, retry_in: Duration) -> String {
    let (age, wait) = (rounded(age), rounded(retry_in));
    if retry_in.is_zero() {
        format!("result of another caller, {age} ago")
    } else {
        format!("cached failure, {age} old; next attempt in {wait}")
    }
}

/// `40 s`, `12 min`.
fn rounded(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
