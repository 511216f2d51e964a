use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::org::from_json;
use crate::{Org, RestError};

impl Org {
    /// The maximum number of subrequests in one call.
    pub(crate) const MAX_SUBREQUESTS: usize = 25;

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
        let answers: Answer<'_> = from_json(answer.body())?;
        let named = answers.subrequests.iter().map(|it| it.reference.clone());
        // With a response missing, the others could not be matched to their calls.
        if !named.eq((0..number).map(|at| format!("r{at}"))) {
            return Err(RestError::Unexpected);
        }
        answers.subrequests.into_iter().map(Subresponse::into_response).collect()
    }
}

/// Returns headers as the `httpHeaders` of a subrequest.
pub(crate) fn http_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, rename = "compositeResponse")]
    subrequests: Vec<Subresponse<'a>>,
}

/// A response whose body is the text of Salesforce, with every digit.
#[derive(Deserialize)]
struct Subresponse<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(rename = "httpStatusCode")]
    status: u16,
    #[serde(rename = "referenceId")]
    reference: String,
}

impl Subresponse<'_> {
    fn into_response(self) -> Result<Response<Bytes>, RestError> {
        let body = self.body.map_or("", RawValue::get).to_owned();
        let status = StatusCode::from_u16(self.status).map_err(|_| RestError::Unexpected)?;
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        Ok(response)
    }
}

const COMPOSITE_SINCE: u16 = 38;
