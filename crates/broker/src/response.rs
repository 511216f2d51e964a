//! Responses to clients.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::error_body::ErrorBody;

/// A response, with headers that forbid storing it (gate 9).
pub(crate) type HttpResponse = Response<Full<Bytes>>;

/// The rejection of a request that fails a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rejection {
    /// The gate that the request fails, from 1 to 9.
    pub(crate) gate: usize,
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) why: Cow<'static, str>,
    pub(crate) hint: &'static str,
    pub(crate) allow: Option<&'static str>,
    pub(crate) retry_after: Option<Duration>,
}

impl Rejection {
    pub(crate) fn new(
        gate: usize,
        status: StatusCode,
        code: &'static str,
        why: impl Into<Cow<'static, str>>,
        hint: &'static str,
    ) -> Self {
        Self { gate, status, code, why: why.into(), hint, allow: None, retry_after: None }
    }

    pub(crate) fn response(&self) -> HttpResponse {
        let words = Words { error: self.code, error_description: &self.why, hint: Some(self.hint) };
        let mut response = json(self.status, &words);
        retry_after(&mut response, self.retry_after);
        let headers = response.headers_mut();
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

impl ErrorBody {
    pub(crate) fn response(&self) -> HttpResponse {
        let words = Words {
            error: &self.error,
            error_description: &self.description,
            hint: self.hint.as_deref(),
        };
        let mut response = json(self.status, &words);
        retry_after(&mut response, self.retry_after);
        response
    }
}

/// The response with a token. Its body was made when the token was obtained.
pub(crate) fn token(body: Bytes) -> HttpResponse {
    with_body(StatusCode::OK, JSON, body)
}

pub(crate) fn text(body: String) -> HttpResponse {
    with_body(StatusCode::OK, TEXT, body.into())
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    let body = serde_json::to_vec(body).expect("strings and numbers are valid JSON");
    with_body(status, JSON, body.into())
}

fn with_body(status: StatusCode, kind: HeaderValue, body: Bytes) -> HttpResponse {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(CONTENT_TYPE_OPTIONS, NO_SNIFF);
    response
}

fn retry_after(response: &mut HttpResponse, wait: Option<Duration>) {
    if let Some(wait) = wait {
        let seconds = wait.as_secs_f64().ceil().max(1.0);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds as u64));
    }
}

#[derive(Serialize)]
struct Words<'a> {
    error: &'a str,
    error_description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(crate) const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
pub(crate) const CONTENT_TYPE_OPTIONS: HeaderName =
    HeaderName::from_static("x-content-type-options");
