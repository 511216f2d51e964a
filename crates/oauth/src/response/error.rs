use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use thiserror::Error;

use crate::refusal::{Refusal, RefusalClass};
use crate::url::UrlError;

/// Why the token endpoint's answer is no token.
///
/// Its codes: `refused.*` for a refusal, `rate.*` for too many logins, `unavailable.*` for an outage,
/// `resp.*` for an answer that is not understood.
///
/// No part of a body is ever shown, except the code and the description of a refusal, in the
/// characters of [RFC 6749, Section 5.2] and without what looks like a secret.
///
/// [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum TokenResponseError {
    /// The body is not JSON.
    #[error("answer is not `application/json`: its body is {found}")]
    ContentType {
        /// `HTML`, `text` and so on.
        found: &'static str,
    },
    /// There is no body.
    #[error("answer is empty (status {})", status.as_u16())]
    Empty {
        /// 200 or 204.
        status: StatusCode,
    },
    /// The body is compressed, or its text is not UTF-8.
    #[error("answer has {what}")]
    Encoding {
        /// What was found.
        what: &'static str,
    },
    /// The token is for a host that it must not be sent to.
    #[error("answer has no usable `instance_url`{}", because(.problem.as_ref()))]
    InstanceUrl {
        /// `None`: it is missing, or no string.
        problem: Option<UrlError>,
    },
    /// The body says it is JSON, and is none, or says something twice.
    #[error("answer {}", malformed(*line, *column, *repeated))]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// A field that stands there twice.
        repeated: Option<&'static str>,
    },
    /// The platform is down or the org is not there yet.
    #[error("org is in maintenance or not ready (status {})", status.as_u16())]
    Maintenance {
        /// Often 200.
        status: StatusCode,
        /// What the server asked for.
        retry_after: Option<Duration>,
    },
    /// There is no token in the answer.
    #[error("answer has no `access_token`: it is {found}")]
    MissingToken {
        /// `missing`, `empty`, `null` and so on.
        found: &'static str,
    },
    /// A redirect, which is never followed: it would carry the assertion elsewhere.
    #[error("answer is a redirect (status {}){}", status.as_u16(), to(.target))]
    Redirect {
        /// 301, 302, 303, 307, 308.
        status: StatusCode,
        /// The host it names.
        target: Option<String>,
    },
    /// The endpoint refused and said why.
    #[error("Salesforce refused the login: {0}")]
    Refused(Refusal),
    /// The endpoint failed and did not say why.
    #[error("answer is status {} with {}", status.as_u16(), quantity(*length, body))]
    Status {
        /// Any but 200 and redirects.
        status: StatusCode,
        /// `HTML`, `text`, `JSON` and so on.
        body: &'static str,
        /// In bytes.
        length: usize,
        /// What the server asked for.
        retry_after: Option<Duration>,
    },
    /// The token has a character that no header may carry, or is too long.
    #[error("token of {length} bytes {what}")]
    TokenSyntax {
        /// In bytes.
        length: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The token is of a type that this client cannot use.
    #[error("token type is {}, not `Bearer`", value.as_deref().unwrap_or("something else"))]
    TokenType {
        /// In backticks, if it is a plain word.
        value: Option<String>,
    },
    /// The body is larger than any token answer.
    #[error("answer is larger than {limit} bytes")]
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
            Self::Json { .. } => "resp.json",
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
            Self::ContentType { .. } | Self::Empty { .. } | Self::Json { .. } => WRONG_HOST.into(),
            Self::Encoding { .. } | Self::TooLarge { .. } => PROXY.into(),
            Self::InstanceUrl { problem: Some(UrlError::Host { host, .. }) } => format!(
                "the token was dropped, since it is for `{host}`: only if that is truly a host of \
                 your org, add it to `allow_hosts`"
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
    /// May the same request work a little later, with nobody acting?
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

    /// How long the server asked to be left alone (`Retry-After`, RFC 9110, Section 10.2.3).
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

/// 420 comes from Salesforce Edge.
pub(crate) fn is_outage(status: StatusCode) -> bool {
    status.is_server_error() || status.as_u16() == 420
}

fn status_hint(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        404 | 405 | 415 => WRONG_HOST,
        407 => "the proxy asks for a user name and password: put them into the proxy URL",
        408 => "try again; if it stays, look at the network between here and Salesforce",
        429 => "wait some minutes, and cache the token rather than log in for every call",
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

fn malformed(line: usize, column: usize, repeated: Option<&str>) -> String {
    match repeated {
        Some(field) => format!("has the field `{field}` twice"),
        None => format!("is malformed JSON at line {line}, column {column}"),
    }
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

const PROXY: &str = "something between here and Salesforce changes its answers: ask whoever runs \
                     the proxy, or use another way out";
const WRONG_HOST: &str = "this is not how a token endpoint answers: check that the login URL is the \
                          My Domain of the org, and that no proxy answers in its place";
