//! Responses with the headers that Salesforce sends.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::scenario::{Outcome, Scenario, WireFault};

/// A response with its whole body.
pub(crate) type Reply = Response<Bytes>;

pub(crate) fn json(status: StatusCode, body: &Value) -> Reply {
    with_body(status, "application/json;charset=UTF-8", body.to_string())
}

pub(crate) fn text(status: StatusCode, body: &'static str) -> Reply {
    with_body(status, "text/plain;charset=UTF-8", body)
}

pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Bytes::new());
    *reply.status_mut() = status;
    reply
}

/// A refusal of the token endpoint ([RFC 6749, Section 5.2]).
///
/// [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
pub(crate) fn refusal(status: u16, error: &str, description: &str) -> Reply {
    json(code(status), &json!({ "error": error, "error_description": description }))
}

/// Returns the response of a scenario that replaces a token response. Outcomes that only change a
/// token response, or follow it, have none.
pub(crate) fn from_outcome(outcome: &Outcome) -> Reply {
    match outcome {
        Outcome::Api(_) | Outcome::Token(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
        Outcome::Page { status, content_type, body } => {
            with_body(code(*status), content_type, body.clone())
        }
        Outcome::Redirect { status, location } => {
            let mut reply = empty(code(*status));
            set_header(&mut reply, header::LOCATION, location);
            reply
        }
        Outcome::Refusal { status, error, description } => refusal(*status, error, description),
        Outcome::Wire(fault) => broken(*fault),
    }
}

/// Returns the login page, which Salesforce sends for unknown paths.
pub(crate) fn login_page() -> Reply {
    let scenario = Scenario::named("html-login");
    let mut reply = scenario.map(|it| from_outcome(&it.outcome)).unwrap_or_default();
    *reply.status_mut() = StatusCode::NOT_FOUND;
    reply
}

/// Refuses a call of an API or a resource that Salesforce has and this org has not.
pub(crate) fn not_offered(path: &str) -> Reply {
    let message = format!("{path} is not offered by the fake org: see its README");
    json(StatusCode::NOT_FOUND, &json!([{ "errorCode": "NOT_FOUND", "message": message }]))
}

/// Compresses a long response with gzip, unless its connection is to be broken.
pub(crate) fn compress(reply: &mut Reply) {
    if reply.body().len() < MIN_GZIP || fault(reply).is_some() {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(reply.body()).and_then(|()| encoder.finish());
    if let Ok(compressed) = written {
        *reply.body_mut() = compressed.into();
        set_header(reply, header::CONTENT_ENCODING, "gzip");
    }
}

/// Returns the way in which the connection is to be broken.
pub(crate) fn fault(reply: &Reply) -> Option<WireFault> {
    reply.extensions().get().copied()
}

fn broken(fault: WireFault) -> Reply {
    let mut reply = json(StatusCode::OK, &json!({ "access_token": "00Dxx!cut-short" }));
    reply.extensions_mut().insert(fault);
    reply
}

pub(crate) fn with_body(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    set_header(&mut reply, header::CONTENT_TYPE, content_type);
    reply
}

/// Sets a header, unless the value is not one.
pub(crate) fn set_header(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The minimum length for gzip, in bytes.
const MIN_GZIP: usize = 1024;
