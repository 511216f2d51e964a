use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{TokenError, TransportError};

pub(crate) mod api;
pub use api::{ApiError, Problem};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The answer is not the JSON that it should be.
    #[error("unexpected response from Salesforce (line {line}, column {column})")]
    Answer {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The answer is damaged, or compressed in a way that was not asked for.
    #[error("the answer cannot be decompressed")]
    Encoding,
    /// Salesforce answered that the call failed.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// The answer grows out of all proportion.
    #[error("the answer decompresses to more than {ratio} times its size")]
    Inflated {
        /// The limit.
        ratio: usize,
    },
    /// A page names itself or an earlier one as the next.
    #[error("the next page is one that was read already")]
    Loop,
    /// The next page would be at another host, which gets no token, or nowhere.
    #[error("the next page has no path at this host")]
    Page,
    /// The path is that of another host, or no path.
    #[error("path is not one of the org's")]
    Path,
    /// A record to send is not a JSON object.
    #[error("the record is not a JSON object")]
    Record,
    /// A record lacks what the caller's type asks for.
    #[error("a record does not fit the type that it is read into")]
    Row(#[source] serde_json::Error),
    /// An id, an external id or a name that a URL cannot hold.
    #[error("{what} is {}", if *empty { "empty" } else { "`.` or `..`, which a URL cannot hold" })]
    Segment {
        /// `id`, `external id`, `object`
        what: &'static str,
        /// Whether it is empty, and not `.` or `..`.
        empty: bool,
    },
    /// There is no token to make the call with.
    #[error(transparent)]
    Token(#[from] Arc<TokenError>),
    /// The answer is longer than the limit.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// One call does not take so many records or parts.
    #[error("one call takes {limit} of these at most")]
    TooMany {
        /// How many it takes.
        limit: usize,
    },
    /// A page holds more values than the memory should.
    #[error("the answer has more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: u32,
    },
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer is JSON, and lacks what it should have.
    #[error("unexpected response from Salesforce")]
    Unexpected,
}

impl Diagnostic for RestError {
    fn code(&self) -> &str {
        match self {
            Self::Encoding => "resp.encoding",
            Self::Api(error) => error.code(),
            Self::Inflated { .. } => "resp.inflated",
            Self::Loop | Self::Page => "resp.page",
            Self::Path => "api.path",
            Self::Record => "api.record",
            Self::Row(_) | Self::Answer { .. } | Self::Unexpected => "resp.json",
            Self::Segment { .. } => "api.segment",
            Self::Token(error) => error.code(),
            Self::TooLarge { .. } | Self::TooManyValues { .. } => "resp.too_large",
            Self::TooMany { .. } => "api.too_many",
            Self::Transport(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Answer { .. }
            | Self::Encoding
            | Self::Inflated { .. }
            | Self::Loop
            | Self::Page
            | Self::Unexpected => {
                "check what stands between here and Salesforce: a proxy may answer in its place"
            }
            Self::Api(error) => return error.hint().map(Cow::Borrowed),
            Self::Path => {
                "give a path from the root, `/services/…`, or one below the version: `limits`"
            }
            Self::Record => "pass a struct, a map or a JSON object",
            Self::Row(_) => "compare the type with the fields of the query",
            Self::Segment { empty: true, .. } => "check where the value comes from",
            Self::Segment { .. } => {
                "upsert it as one of several records: those send it in the body"
            }
            Self::Token(error) => return error.hint(),
            Self::TooLarge { .. } => "ask for less at a time, or read the answer as it comes",
            Self::TooMany { .. } => "make several calls",
            Self::TooManyValues { .. } => "select fewer fields, or ask for fewer records at a time",
            Self::Transport(error) => return error.hint(),
        };
        Some(Cow::Borrowed(hint))
    }
}

impl RestError {
    /// Whether the same call may work a little later without a change. A call that creates a record may
    /// have done so before it failed.
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

    /// Whether the org is no longer at the URL that came with the token: a new login names the
    /// present one.
    pub(crate) fn is_moved(&self) -> bool {
        self.api_error().is_some_and(ApiError::is_moved)
    }

    /// How long the answer asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.api_error()?.retry_after()
    }

    /// Whether the call was turned away before any of it was carried out, and may work a little later.
    pub(crate) fn is_throttled(&self) -> bool {
        match self {
            Self::Api(error) => error.is_throttled(),
            Self::Transport(error) => error.is_unsent() && error.is_transient(),
            _ => false,
        }
    }

    /// Whether the call has certainly changed nothing.
    pub(crate) fn changed_nothing(&self) -> bool {
        match self {
            Self::Api(error) => !error.is_outage() && error.status() != StatusCode::REQUEST_TIMEOUT,
            Self::Path | Self::Segment { .. } | Self::Token(_) | Self::TooMany { .. } => true,
            Self::Transport(error) => error.is_unsent(),
            _ => false,
        }
    }

    /// The answer, if there was one and it says that the call failed.
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    // serde_json quotes what it did not like, and here that is somebody's data: keep the place.
    pub(crate) fn answer(error: &serde_json::Error) -> Self {
        Self::Answer { line: error.line(), column: error.column() }
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
    fn no_link_of_a_chain_repeats_its_neighbour() {
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
    fn what_becomes_of_each_failure() {
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
    fn only_the_end_of_a_session_calls_for_a_new_login() {
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
