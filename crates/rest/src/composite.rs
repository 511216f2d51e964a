use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::org::{from_json, to_json};
use crate::{Org, RestError, Value};

impl Org {
    /// The maximum number of subrequests in one call.
    pub const MAX_SUBREQUESTS: usize = 25;

    /// Makes up to [`Org::MAX_SUBREQUESTS`] calls in one request; more are [`RestError::TooMany`].
    /// A subrequest can refer to the result of an earlier one: `@{account.id}`.
    ///
    /// Each subrequest succeeds or fails on its own: check each [`Subresponse::status`]. With
    /// `all_or_none`, a failed subrequest rolls back the others.
    pub async fn composite(
        &self,
        subrequests: &[Subrequest],
        all_or_none: bool,
    ) -> Result<Vec<Subresponse>, RestError> {
        if subrequests.len() > Self::MAX_SUBREQUESTS {
            return Err(RestError::TooMany { limit: Self::MAX_SUBREQUESTS });
        }
        let base = self.versioned();
        let subrequests = subrequests.iter().map(|subrequest| subrequest.to_sent(&base)).collect();
        let body = Sent { all_or_none, subrequests };
        let answer: Answer<Subresponse> =
            self.json(Method::POST, "composite", to_json(&body)?).await?;
        Ok(answer.subrequests)
    }

    /// Makes calls, whose references are `r0`, `r1` and so on, in one request. `calls` is their
    /// JSON, separated by commas. The responses are in the order of the calls.
    ///
    /// `resource` is `composite`, or that of the Tooling API. It exists since version 38.0; `version`
    /// is the first that the calls need.
    pub(crate) async fn composite_of(
        &self,
        resource: &str,
        version: u16,
        calls: &str,
        number: usize,
        all_or_none: bool,
    ) -> Result<Vec<Response<Bytes>>, RestError> {
        let path = format!("{}{resource}", self.versioned_since(version.max(COMPOSITE_SINCE)));
        let body = format!(r#"{{"allOrNone":{all_or_none},"compositeRequest":[{calls}]}}"#);
        let answer = self.request(Method::POST, &path, HeaderMap::new(), body.into()).await?;
        let answers: Answer<RawSubresponse<'_>> = from_json(answer.body())?;
        let named = answers.subrequests.iter().map(|it| it.reference.clone());
        // With a response missing, the others could not be matched to their calls.
        if !named.eq((0..number).map(|at| format!("r{at}"))) {
            return Err(RestError::Unexpected);
        }
        answers.subrequests.into_iter().map(RawSubresponse::into_response).collect()
    }
}

/// One call in a composite request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subrequest {
    /// The method: GET, POST, PATCH, PUT or DELETE.
    pub method: Method,
    /// The path, in the form that [`Org::send`] takes.
    pub path: String,
    /// The name by which later subrequests and the response refer to it.
    pub reference: String,
    /// The JSON body.
    pub body: Option<Value>,
    /// The headers. Accept, Authorization and Content-Type are those of the whole call and must not
    /// be among them.
    pub headers: HeaderMap,
}

impl Subrequest {
    /// Returns a subrequest without a body.
    pub fn new(method: Method, path: impl Into<String>, reference: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            reference: reference.into(),
            body: None,
            headers: HeaderMap::new(),
        }
    }

    /// Adds headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Adds a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    fn to_sent(&self, base: &str) -> SentSubrequest<'_> {
        let root = if self.path.starts_with('/') { "" } else { base };
        SentSubrequest {
            method: self.method.as_str(),
            url: format!("{root}{}", self.path),
            reference: &self.reference,
            body: self.body.as_ref(),
            headers: http_headers(&self.headers),
        }
    }
}

#[derive(Serialize)]
struct Sent<'a> {
    #[serde(rename = "allOrNone")]
    all_or_none: bool,
    #[serde(rename = "compositeRequest")]
    subrequests: Vec<SentSubrequest<'a>>,
}

#[derive(Serialize)]
struct SentSubrequest<'a> {
    method: &'a str,
    url: String,
    #[serde(rename = "referenceId")]
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Value>,
    #[serde(rename = "httpHeaders", skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
}

/// Returns headers as the `httpHeaders` of a subrequest.
pub(crate) fn http_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// The response to a subrequest.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Subresponse {
    /// The JSON body; null for an empty response.
    #[serde(default)]
    pub body: Value,
    /// The reference of the subrequest.
    #[serde(rename = "referenceId")]
    pub reference: String,
    #[serde(rename = "httpStatusCode")]
    status: u16,
}

impl Subresponse {
    /// The status of the subrequest. The whole call has status 200 even if every subrequest failed.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[derive(Deserialize)]
struct Answer<R> {
    #[serde(rename = "compositeResponse")]
    subrequests: Vec<R>,
}

/// A response whose body is the text of Salesforce, with every digit.
#[derive(Deserialize)]
struct RawSubresponse<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(rename = "httpStatusCode")]
    status: u16,
    #[serde(rename = "referenceId")]
    reference: String,
}

impl RawSubresponse<'_> {
    fn into_response(self) -> Result<Response<Bytes>, RestError> {
        let body = self.body.map_or("", RawValue::get).to_owned();
        let status = StatusCode::from_u16(self.status).map_err(|_| RestError::Unexpected)?;
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        Ok(response)
    }
}

const COMPOSITE_SINCE: u16 = 38;
