use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{TokenError, TransportError};

pub(crate) mod api;
pub use api::{ApiError, Problem};

/// The error of a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The id of an assignment rule has characters that a header cannot hold.
    #[error("the id of the assignment rule is invalid")]
    AssignmentRule,
    /// The response is not the expected JSON.
    #[error("unexpected response from Salesforce (line {line}, column {column})")]
    InvalidJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The response is damaged, or has a content coding other than gzip.
    #[error("cannot decompress the response")]
    Encoding,
    /// Salesforce reports that the call failed.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// The decompressed response is suspiciously long.
    #[error("the response decompresses to more than {ratio} times its size")]
    Inflated {
        /// The limit.
        ratio: usize,
    },
    /// A job of the Bulk API does not have an option.
    #[error("{0}")]
    JobOption(&'static str),
    /// A job of the Bulk API does not carry out a part of a query.
    #[error("Bulk API 2.0 does not support {what}")]
    JobQuery {
        /// The part of the query.
        what: String,
        /// The next step.
        hint: &'static str,
    },
    /// A page names itself or an earlier page as the next one.
    #[error("the next page was read already")]
    Loop,
    /// The next page is missing, or at another host, which must not receive the token.
    #[error("the next page is missing or at another host")]
    Page,
    /// The path is a whole URL, or not a valid path.
    #[error("not a path of the org")]
    Path,
    /// A record to send is not a JSON object.
    #[error("the record is not a JSON object")]
    Record,
    /// A record does not fit the type of the caller.
    #[error("a record does not fit the requested type")]
    Row(#[source] serde_json::Error),
    /// An id, an external id or a name that a URL cannot hold.
    #[error("{what} is {}", if *empty { "empty" } else { "`.` or `..`, which a URL cannot hold" })]
    Segment {
        /// `id`, `external id`, `object`
        what: &'static str,
        /// Whether it is empty, and not `.` or `..`.
        empty: bool,
    },
    /// There is no token for the call.
    #[error(transparent)]
    Token(#[from] Arc<TokenError>),
    /// The response is longer than the limit.
    #[error("the response is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// There are too many records or subrequests for one call.
    #[error("more than {limit} items in one call")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A page has too many JSON values to keep in memory.
    #[error("the response has more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: u32,
    },
    /// There was no complete response.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The response is JSON but lacks an expected member.
    #[error("unexpected response from Salesforce")]
    Unexpected,
}

impl Diagnostic for RestError {
    fn code(&self) -> &str {
        match self {
            Self::AssignmentRule => "api.record",
            Self::Encoding => "resp.encoding",
            Self::Api(error) => error.code(),
            Self::Inflated { .. } => "resp.inflated",
            Self::JobOption(_) | Self::JobQuery { .. } => "usage.bulk",
            Self::Loop | Self::Page => "resp.page",
            Self::Path => "api.path",
            Self::Record => "api.record",
            Self::Row(_) | Self::InvalidJson { .. } | Self::Unexpected => "resp.json",
            Self::Segment { .. } => "api.segment",
            Self::Token(error) => error.code(),
            Self::TooLarge { .. } | Self::TooManyValues { .. } => "resp.too_large",
            Self::TooMany { .. } => "api.too_many",
            Self::Transport(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::AssignmentRule => "pass an id of 15 or 18 characters",
            Self::InvalidJson { .. }
            | Self::Encoding
            | Self::Inflated { .. }
            | Self::Loop
            | Self::Page
            | Self::Unexpected => {
                "check the proxies between this machine and Salesforce: one may have sent this response"
            }
            Self::Api(error) => return error.hint().map(Cow::Borrowed),
            Self::JobOption(_) => "leave the option out, or load the records without the Bulk API",
            Self::JobQuery { hint, .. } => hint,
            Self::Path => {
                "give a path from the root, `/services/…`, or one below the API version: `limits`"
            }
            Self::Record => "pass a struct, a map or a JSON object",
            Self::Row(_) => "compare the type with the fields of the query",
            Self::Segment { empty: true, .. } => "check the source of the value",
            Self::Segment { .. } => {
                "use the id of the record, or upsert it as one of several records, whose external ids \
                 are in the body"
            }
            Self::Token(error) => return error.hint(),
            Self::TooLarge { .. } => "request less at a time, or read the response in pieces",
            Self::TooMany { .. } => "split it into several calls",
            Self::TooManyValues { .. } => "select fewer fields, or request fewer records at a time",
            Self::Transport(error) => return error.hint(),
        };
        Some(Cow::Borrowed(hint))
    }
}

impl RestError {
    /// Whether the same call may succeed later without a change. A call that creates a record
    /// may have done so before it failed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => error.is_outage(),
            Self::Transport(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Whether the token is no longer valid: then, and only then, a new login helps.
    ///
    /// Some answers with status 401 are about a policy, and a new token would be refused as well.
    pub fn is_session_end(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_session_end)
    }

    /// Whether the org is no longer at the URL that came with the token: a new login returns
    /// the current one.
    pub(crate) fn is_moved(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_moved)
    }

    /// The wait that the response asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.api_error()?.retry_after()
    }

    /// Whether the call was rejected before any of it was carried out, and may succeed later.
    pub(crate) fn is_throttled(&self) -> bool {
        match self {
            Self::Api(error) => error.is_throttled(),
            Self::Transport(error) => error.is_unsent() && error.is_transient(),
            _ => false,
        }
    }

    /// Whether the call has certainly changed nothing.
    pub fn changed_nothing(&self) -> bool {
        match self {
            Self::Api(error) => !error.is_outage() && error.status() != StatusCode::REQUEST_TIMEOUT,
            Self::AssignmentRule
            | Self::JobOption(_)
            | Self::JobQuery { .. }
            | Self::Path
            | Self::Record
            | Self::Segment { .. }
            | Self::Token(_)
            | Self::TooMany { .. } => true,
            Self::Transport(error) => error.is_unsent(),
            _ => false,
        }
    }

    /// The error that Salesforce reported, if it did.
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    // The message of serde_json quotes the value, which is user data: only the position is kept.
    pub(crate) fn invalid_json(error: &serde_json::Error) -> Self {
        Self::InvalidJson { line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io;
    use std::iter;

    use orgtoken_assertion::SignError;

    use super::api::tests::failed as error;
    use super::*;

    #[test]
    fn no_error_repeats_its_source() {
        let (host, source) =
            ("acme.com".to_owned(), Arc::new(io::ErrorKind::ConnectionRefused.into()));
        let unsigned = TokenError::Login(SignError::Mismatch.into());
        for (error, links) in [
            (error(400, "MALFORMED_QUERY", "unexpected token"), 1),
            (RestError::from(Arc::new(unsigned)), 2),
            (RestError::from(TransportError::Connect { host, source }), 2),
        ] {
            let causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
            let chain: Vec<_> = causes.map(ToString::to_string).collect();
            assert_eq!(chain.len(), links, "{chain:?}");
            assert!(chain.windows(2).all(|pair| !pair[0].contains(&pair[1])), "{chain:?}");
        }
    }

    #[test]
    fn code_retry_and_hint_of_each_status() {
        for (status, code, ours, transient, hint) in [
            (300, "", "api.redirect", false, true),
            (400, "MALFORMED_QUERY", "api.refused", false, true),
            (401, "INVALID_SESSION_ID", "api.unauthorized", false, true),
            (403, "REQUEST_LIMIT_EXCEEDED", "rate.limited", false, true),
            (403, "API_DISABLED_FOR_ORG", "api.forbidden", false, true),
            (404, "NOT_FOUND", "api.not_found", false, true),
            (409, "X", "api.refused", false, false),
            (420, "", "unavailable.api", true, true),
            (429, "", "rate.limited", false, false),
            (503, "", "unavailable.api", true, true),
        ] {
            let error = error(status, code, "");
            assert_eq!((error.code(), error.is_transient()), (ours, transient), "{status} {code}");
            assert_eq!(error.hint().is_some(), hint, "{status} {code}");
        }
    }

    #[test]
    fn fault_of_an_argument_has_changed_nothing() {
        for (error, nothing) in [
            (RestError::AssignmentRule, true),
            (RestError::Record, true),
            (RestError::Path, true),
            (RestError::Unexpected, false),
        ] {
            assert_eq!(error.changed_nothing(), nothing, "{error}");
        }
    }

    #[test]
    fn only_an_expired_session_needs_a_new_login() {
        for (status, code, message, ended) in [
            (401, "INVALID_SESSION_ID", "Session expired or invalid", true),
            (403, "Bad_OAuth_Token", "", true),
            (401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", true),
            (401, "INVALID_JWT_FORMAT", "Invalid token format", true),
            (401, "INVALID_SESSION_ID", "Connected app is not attached to Agent", false),
            (
                401,
                "INVALID_SESSION_ID",
                "This session is not valid for use with the REST API",
                false,
            ),
            (403, "REQUEST_LIMIT_EXCEEDED", "", false),
        ] {
            assert_eq!(error(status, code, message).is_session_end(), ended, "{code}: {message}");
        }
    }
}
