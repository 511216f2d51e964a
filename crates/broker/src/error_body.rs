use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{TokenError, TransportError};

/// The error that a client gets instead of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ErrorBody {
    /// The error code of Salesforce, or else one of ours such as `net.connect`.
    pub(crate) error: String,
    pub(crate) description: String,
    pub(crate) hint: Option<String>,
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
}

impl ErrorBody {
    /// The error of a client whose login takes too long. The login continues in the background.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        let seconds = limit.as_secs();
        let hint = "ask again: the login continues, and its token is cached";
        let error_body =
            Self::new("net.timeout", format!("no token within {seconds} s"), Some(hint));
        Self { status: StatusCode::GATEWAY_TIMEOUT, ..error_body }
    }

    pub(crate) fn new(code: &str, description: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            error: code.to_owned(),
            description: description.into(),
            hint: hint.map(str::to_owned),
            status: status(code),
            retry_after: None,
        }
    }
}

impl From<&TokenError> for ErrorBody {
    fn from(error: &TokenError) -> Self {
        let code = error.code();
        let error_body = Self::new(code, description(error), error.hint().as_deref());
        let refusal = error.refusal().map(|refusal| refusal.code().to_owned());
        let error_code = refusal.unwrap_or(error_body.error);
        Self { error: error_code, retry_after: error.retry_after(), ..error_body }
    }
}

impl From<&TransportError> for ErrorBody {
    fn from(error: &TransportError) -> Self {
        Self::new(error.code(), with_causes(error), error.hint().as_deref())
    }
}

/// The description of Salesforce if it refused, since users search for it.
fn description(error: &TokenError) -> String {
    let said = error.refusal().and_then(|refusal| refusal.description().map(str::to_owned));
    match (error, said) {
        (TokenError::CachedFailure { age, .. }, Some(said)) => {
            format!("{said} (cached refusal, {} s old)", age.as_secs())
        }
        (_, Some(said)) => said,
        (error, None) => with_causes(error),
    }
}

fn with_causes(error: &dyn Error) -> String {
    let causes = successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Returns 500 for settings and keys, 503 for the network and an unavailable org, 502 for the rest.
fn status(code: &str) -> StatusCode {
    match code.split('.').next().unwrap_or_default() {
        // The endpoint did not respond, or closed the connection during the response.
        "resp" if matches!(code, "resp.timeout" | "resp.truncated") => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        "rate" => StatusCode::TOO_MANY_REQUESTS,
        "net" | "tls" | "proxy" | "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "assertion" | "cache" | "internal" | "io" | "key" | "settings" | "sign" | "url" => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::BAD_GATEWAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_depends_on_the_cause() {
        for (code, expected) in [
            ("rate.login", 429),
            ("net.connect", 503),
            ("tls.cert", 503),
            ("unavailable.refused", 503),
            ("key.certificate", 500),
            ("settings.json", 500),
            ("refused.user", 502),
            ("resp.html", 502),
            ("resp.timeout", 503),
            ("resp.truncated", 503),
        ] {
            assert_eq!(ErrorBody::new(code, "", None).status, expected, "{code}");
        }
    }

    #[test]
    fn cap_has_retry_after() {
        let error = TokenError::Cap { cap: 120, retry_in: Duration::from_secs(90) };
        let error_body = ErrorBody::from(&error);
        assert_eq!((error_body.error.as_str(), error_body.status.as_u16()), ("rate.cap", 429));
        assert_eq!(error_body.retry_after, Some(Duration::from_secs(90)));
        assert!(error_body.hint.is_some());
    }
}
