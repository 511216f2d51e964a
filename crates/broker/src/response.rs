//! Responses to clients.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

/// A response, with headers that forbid storing it (gate 9).
pub(crate) type HttpResponse = Response<Full<Bytes>>;

/// The response with a token.
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

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(crate) const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
pub(crate) const CONTENT_TYPE_OPTIONS: HeaderName =
    HeaderName::from_static("x-content-type-options");
