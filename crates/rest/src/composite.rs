use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::org::to_json;
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
        let answer: Answer = self.json(Method::POST, "composite", to_json(&body)?).await?;
        Ok(answer.subrequests)
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
}

impl Subrequest {
    /// Returns a subrequest without a body.
    pub fn new(method: Method, path: impl Into<String>, reference: impl Into<String>) -> Self {
        Self { method, path: path.into(), reference: reference.into(), body: None }
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
struct Answer {
    #[serde(rename = "compositeResponse")]
    subrequests: Vec<Subresponse>,
}
