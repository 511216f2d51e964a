//! Error responses.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use orgtoken_assertion::Diagnostic;
use orgtoken_client::{TokenError, TransportError, error_chain};
use serde::Serialize;

use crate::response::{self, HttpResponse};

/// A response that says why a request gets neither a token nor a response of the org.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ErrorResponse {
    /// The gate that the request fails, from 1 to 9; `None` if it passes all of them.
    pub(crate) gate: Option<u8>,
    pub(crate) status: StatusCode,
    /// The code of the gate, the error code of Salesforce, or else one of ours such as
    /// `net.connect`.
    pub(crate) code: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) allow: Option<&'static str>,
    pub(crate) retry_after: Option<Duration>,
}

impl ErrorResponse {
    /// The rejection of a request that fails a gate.
    pub(crate) fn rejection(
        gate: u8,
        status: StatusCode,
        code: &'static str,
        description: impl Into<Cow<'static, str>>,
        hint: &'static str,
    ) -> Self {
        let (gate, code, hint) = (Some(gate), code.into(), Some(hint.into()));
        let description = description.into();
        Self { gate, status, code, description, hint, allow: None, retry_after: None }
    }

    /// The failure of a login or a call.
    pub(crate) fn failure(
        code: &str,
        description: impl Into<Cow<'static, str>>,
        hint: Option<&str>,
    ) -> Self {
        Self {
            gate: None,
            status: status(code),
            code: code.to_owned().into(),
            description: description.into(),
            hint: hint.map(|hint| hint.to_owned().into()),
            allow: None,
            retry_after: None,
        }
    }

    /// The failure of a login that takes too long. It continues in the background.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        let seconds = limit.as_secs();
        let hint = "ask again: the login continues, and its token is cached";
        let failure =
            Self::failure("net.timeout", format!("no token within {seconds} s"), Some(hint));
        Self { status: StatusCode::GATEWAY_TIMEOUT, ..failure }
    }

    pub(crate) fn to_http(&self) -> HttpResponse {
        let body = ErrorBody {
            error: &self.code,
            error_description: &self.description,
            hint: self.hint.as_deref(),
        };
        let mut response = response::json(self.status, &body);
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs_f64().ceil().max(1.0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds as u64));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::REQUEST_TIMEOUT {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<&TokenError> for ErrorResponse {
    fn from(error: &TokenError) -> Self {
        let failure = Self::failure(error.code(), description(error), error.hint().as_deref());
        let refusal = error.refusal().map(|refusal| refusal.code().to_owned().into());
        let code = refusal.unwrap_or(failure.code);
        Self { code, retry_after: error.retry_after(), ..failure }
    }
}

impl From<TransportError> for ErrorResponse {
    fn from(error: TransportError) -> Self {
        Self::failure(error.code(), error_chain(&error), error.hint().as_deref())
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// The description of Salesforce if it refused, since users search for it.
fn description(error: &TokenError) -> String {
    let said = error.refusal().and_then(|refusal| refusal.description().map(str::to_owned));
    match (error, said) {
        (TokenError::CachedFailure { age, .. }, Some(said)) => {
            format!("{said} (cached refusal, {} s old)", age.as_secs())
        }
        (_, Some(said)) => said,
        (error, None) => error_chain(error),
    }
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
            assert_eq!(ErrorResponse::failure(code, "", None).status, expected, "{code}");
        }
    }

    #[test]
    fn cap_has_retry_after() {
        let error = TokenError::Cap { cap: 120, retry_in: Duration::from_secs(90) };
        let failure = ErrorResponse::from(&error);
        assert_eq!((&*failure.code, failure.status.as_u16()), ("rate.cap", 429));
        assert_eq!(failure.retry_after, Some(Duration::from_secs(90)));
        assert!(failure.hint.is_some());
    }
}
