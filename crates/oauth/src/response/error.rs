use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use thiserror::Error;

use crate::refusal::{Refusal, RefusalClass};
use crate::url::UrlError;

/// A response of the token endpoint that is not a token.
///
/// Codes: `refused.*` for a refusal, `rate.*` for too many logins, `unavailable.*` for an outage,
/// `resp.*` for an invalid response.
///
/// Of the body, only the code and the description of a refusal are ever shown, in the characters of
/// [RFC 6749, Section 5.2] and without anything that looks like a secret.
///
/// [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum TokenResponseError {
    /// The body is not JSON.
    #[error("response is not `application/json` but {found}")]
    ContentType {
        /// `HTML`, `text` and so on.
        found: &'static str,
    },
    /// The body is empty.
    #[error("response is empty (status {})", status.as_u16())]
    Empty {
        /// 200 or 204.
        status: StatusCode,
    },
    /// The body is compressed, or its text is not UTF-8.
    #[error("response has {what}")]
    Encoding {
        /// The problem.
        what: &'static str,
    },
    /// The token is for a host to which it must not be sent.
    #[error("response has no valid `instance_url`{}", because(.problem.as_ref()))]
    InstanceUrl {
        /// `None` if it is missing or not a string.
        problem: Option<UrlError>,
    },
    /// The body is malformed JSON.
    #[error("response is malformed JSON at line {line}, column {column}")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The platform is down, or the org is not ready yet.
    #[error("org is in maintenance or not ready (status {})", status.as_u16())]
    Maintenance {
        /// Often 200.
        status: StatusCode,
        /// The `Retry-After` of the server.
        retry_after: Option<Duration>,
    },
    /// There is no token.
    #[error("response has no `access_token`: it is {found}")]
    MissingToken {
        /// `missing`, `empty`, `null` and so on.
        found: &'static str,
    },
    /// A redirect, which is never followed: the assertion would be sent to another host.
    #[error("response is a redirect (status {}){}", status.as_u16(), to(.target))]
    Redirect {
        /// 301, 302, 303, 307, 308.
        status: StatusCode,
        /// The host of the target.
        target: Option<String>,
    },
    /// The endpoint refused with an OAuth error.
    #[error("Salesforce refused the login: {0}")]
    Refused(Refusal),
    /// The body has a field twice.
    #[error("response has the field `{field}` twice")]
    RepeatedField {
        /// The name of the field.
        field: &'static str,
    },
    /// The endpoint failed without an OAuth error.
    #[error("response has status {} with {}", status.as_u16(), quantity(*length, body))]
    Status {
        /// Neither 200 nor a redirect.
        status: StatusCode,
        /// `HTML`, `text`, `JSON` and so on.
        body: &'static str,
        /// In bytes.
        length: usize,
        /// The `Retry-After` of the server.
        retry_after: Option<Duration>,
    },
    /// The token contains a character that no header can contain, or is too long.
    #[error("token of {length} bytes {what}")]
    TokenSyntax {
        /// In bytes.
        length: usize,
        /// The problem.
        what: &'static str,
    },
    /// The token type is not supported.
    #[error("token type is {}, not `Bearer`", value.as_deref().unwrap_or("something else"))]
    TokenType {
        /// The type in backticks, if it is a plain word.
        value: Option<String>,
    },
    /// The body is larger than any token response.
    #[error("response is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
}

impl Diagnostic for TokenResponseError {
    fn code(&self) -> &str {
        match self {
            Self::ContentType { .. } => "resp.content_type",
            Self::Empty { .. } => "resp.empty",
            Self::Encoding { .. } => "resp.encoding",
            Self::InstanceUrl { .. } => "resp.instance_url",
            Self::Json { .. } | Self::RepeatedField { .. } => "resp.json",
            Self::Maintenance { .. } => "unavailable.maintenance",
            Self::MissingToken { .. } => "resp.missing_token",
            Self::Redirect { .. } => "resp.redirect",
            Self::Refused(refusal) => refusal.error_code(),
            Self::Status { status, .. } if is_outage(*status) => "unavailable.status",
            Self::Status { status, .. } if *status == StatusCode::TOO_MANY_REQUESTS => {
                "rate.limited"
            }
            Self::Status { .. } => "resp.status",
            Self::TokenSyntax { .. } => "resp.token_syntax",
            Self::TokenType { .. } => "resp.token_type",
            Self::TooLarge { .. } => "resp.too_large",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::ContentType { .. }
            | Self::Empty { .. }
            | Self::Json { .. }
            | Self::RepeatedField { .. } => WRONG_HOST.into(),
            Self::Encoding { .. } | Self::TooLarge { .. } => PROXY.into(),
            Self::InstanceUrl { problem: Some(UrlError::Host { host, .. }) } => format!(
                "the token is for `{host}` and was discarded; only if that is a host of your \
                 org, allow it in `allow_hosts`"
            )
            .into(),
            Self::InstanceUrl { problem: Some(_) } => PROXY.into(),
            Self::InstanceUrl { problem: None } | Self::MissingToken { .. } => WRONG_HOST.into(),
            Self::Maintenance { .. } => {
                "wait some minutes and try again; https://status.salesforce.com shows planned work"
                    .into()
            }
            Self::Redirect { target: Some(target), .. } => format!(
                "if `{target}` is the My Domain of your org, give `https://{target}` as login URL"
            )
            .into(),
            Self::Redirect { target: None, .. } => WRONG_HOST.into(),
            Self::Refused(refusal) => refusal.hint(),
            Self::Status { status, .. } => return status_hint(*status).map(Cow::Borrowed),
            Self::TokenSyntax { .. } | Self::TokenType { .. } => PROXY.into(),
        })
    }
}

impl TokenResponseError {
    /// Whether the same request may succeed later without any change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Maintenance { .. } => true,
            Self::Refused(refusal) => refusal.class() == RefusalClass::Transient,
            Self::Status { status, .. } => {
                is_outage(*status) || *status == StatusCode::REQUEST_TIMEOUT
            }
            _ => false,
        }
    }

    /// Returns the `Retry-After` of the server (RFC 9110, Section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Maintenance { retry_after, .. } | Self::Status { retry_after, .. } => {
                *retry_after
            }
            Self::Refused(refusal) => refusal.retry_after(),
            _ => None,
        }
    }
}

/// Status 420 comes from Salesforce Edge.
pub(crate) fn is_outage(status: StatusCode) -> bool {
    status.is_server_error() || status.as_u16() == 420
}

fn status_hint(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        404 | 405 | 415 => WRONG_HOST,
        407 => "the proxy asks for a user name and password: put them into the proxy URL",
        408 => "try again; if it persists, check the network between this machine and Salesforce",
        429 => "wait some minutes, and cache the token instead of logging in for every call",
        401 | 403 => {
            "the endpoint answered without an OAuth error: check the login URL, and whether a \
             proxy or firewall answers in place of Salesforce"
        }
        _ if is_outage(status) => {
            "Salesforce or a proxy before it is failing: try again in some minutes; \
             https://status.salesforce.com shows incidents"
        }
        _ => return None,
    })
}

fn because(problem: Option<&UrlError>) -> String {
    problem.map_or_else(|| ": it is missing".to_owned(), |problem| format!(": {problem}"))
}

fn quantity(length: usize, body: &str) -> String {
    match length {
        0 => "no body".to_owned(),
        length => format!("{length} bytes of {body}"),
    }
}

fn to(target: &Option<String>) -> String {
    target.as_ref().map_or_else(String::new, |target| format!(" to `{target}`"))
}

const PROXY: &str = "a proxy seems to change the responses of Salesforce: ask its administrator, or \
                     connect without it";
const WRONG_HOST: &str = "check that the login URL is the My Domain of the org, and that no proxy \
                          answers in its place";
