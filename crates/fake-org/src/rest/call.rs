//! A call of the REST API with a valid token.

use http::{Method, StatusCode};
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::Schema;
use super::{Answer, RestError, Result, versions};
use crate::call::{Bearer, Call};
use crate::form::Form;
use crate::org::{Org, State};
use crate::reply;
use crate::scenario::{Outcome, WireFault};

#[derive(Clone)]
pub(super) struct RestCall<'a> {
    pub(super) org: &'a Org,
    pub(super) request: &'a Call,
    pub(super) user_id: String,
    /// `/services/data/v66.0`, with the version that the client named.
    pub(super) base: String,
    pub(super) version: u32,
    /// Whether the call is of the Tooling API, which has other objects.
    pub(super) is_tooling: bool,
    /// The way in which the connection is broken.
    pub(super) fault: Option<WireFault>,
}

impl<'a> RestCall<'a> {
    pub(super) fn authenticate(org: &'a Org, request: &'a Call, version: &str) -> Result<Self> {
        let token = match request.bearer() {
            Bearer::Token(token) => token,
            Bearer::Absent => return Err(RestError::invalid_session()),
            Bearer::Malformed => {
                return Err(RestError::new(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
            }
        };
        let (user_id, outcome) = org.use_token(token).ok_or_else(RestError::invalid_session)?;
        let fault = match outcome {
            Some(Outcome::Api(fault)) => {
                return Err(RestError::new(fault.status, fault.code, fault.message));
            }
            Some(Outcome::Wire(fault)) => Some(fault),
            _ => None,
        };
        let (base, version) = (format!("/services/data/{version}"), versions::parse(version)?);
        Ok(Self { org, request, user_id, base, version, is_tooling: false, fault })
    }

    /// Returns the same call of the Tooling API.
    pub(super) fn tooling(&self) -> Self {
        Self { base: format!("{}/tooling", self.base), is_tooling: true, ..self.clone() }
    }

    pub(super) fn schema<'s>(&self, state: &'s State) -> &'s Schema {
        if self.is_tooling { &state.rest.tooling } else { &state.rest.schema }
    }

    /// Returns the date in UTC.
    pub(super) fn today(&self) -> Date {
        Offset::UTC.to_datetime(self.org.now()).date()
    }

    /// Returns the method, or the one of `?_HttpMethod=` for clients without PATCH.
    pub(super) fn method(&self) -> Method {
        let query = self.query();
        let named = query.first("_HttpMethod").filter(|_| self.request.method() == Method::POST);
        let method = named.and_then(|name| Method::from_bytes(name.as_bytes()).ok());
        match method.unwrap_or_else(|| self.request.method().clone()) {
            // hyper leaves out the body.
            Method::HEAD => Method::GET,
            method => method,
        }
    }

    pub(super) fn only_get(&self) -> Result<()> {
        only_get(self.request)
    }

    /// Refuses every method but this one.
    pub(super) fn only(&self, allowed: Method) -> Result<()> {
        match self.method() {
            method if method == allowed => Ok(()),
            other => Err(RestError::method(&other, allowed.as_str())),
        }
    }

    /// Returns the fields of the query string; none if it is malformed.
    pub(super) fn query(&self) -> Form {
        self.request.query().unwrap_or_default()
    }

    /// Parses the body.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T> {
        if self.request.body().is_empty() {
            let message = "The HTTP entity body is required, but this request has no entity body.";
            return Err(RestError::new(400, "JSON_PARSER_ERROR", message));
        }
        self.require_content_type("application/json")?;
        serde_json::from_slice(self.request.body()).map_err(|error| {
            let what = if error.is_eof() {
                "Unexpected end-of-input"
            } else if error.is_data() {
                "Cannot deserialize instance of object"
            } else {
                "Unexpected character"
            };
            let (line, column) = (error.line(), error.column());
            let message = format!("{what} at [line:{line}, column:{column}]");
            RestError::new(400, "JSON_PARSER_ERROR", message)
        })
    }

    pub(super) fn require_content_type(&self, wanted: &str) -> Result<()> {
        let given = self.request.content_type().unwrap_or_default();
        if given == wanted {
            return Ok(());
        }
        let message =
            format!("Content-Type header specified in HTTP request is not supported: {given}");
        Err(RestError::new(415, "UNSUPPORTED_MEDIA_TYPE", message))
    }
}

pub(super) fn only_get(request: &Call) -> Result<()> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(()),
        ref other => Err(RestError::method(other, "HEAD,GET")),
    }
}

/// Returns a successful response with a body.
pub(super) fn ok(body: &Value) -> Answer {
    Ok(reply::json(StatusCode::OK, body))
}
