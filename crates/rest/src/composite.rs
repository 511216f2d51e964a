use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Org, RestError};

impl Org {
    /// How many calls one call may be made of.
    pub const MOST_PARTS: usize = 25;

    /// Makes up to [`Org::MOST_PARTS`] calls by one; more are [`RestError::TooMany`]. A part may refer
    /// to an earlier one: `@{account.id}`.
    ///
    /// The parts fail one by one: look at each [`PartAnswer::status`]. With `all_or_none` one that
    /// fails undoes the others.
    pub async fn composite(
        &self,
        parts: &[Part],
        all_or_none: bool,
    ) -> Result<Vec<PartAnswer>, RestError> {
        if parts.len() > Self::MOST_PARTS {
            return Err(RestError::TooMany { limit: Self::MOST_PARTS });
        }
        let base = self.versioned();
        let parts: Vec<Value> = parts.iter().map(|part| part.to_json(&base)).collect();
        let body = json!({ "allOrNone": all_or_none, "compositeRequest": parts });
        let nothing = HeaderMap::new();
        let answer: Answer = self.json(Method::POST, "composite", nothing, Some(&body)).await?;
        Ok(answer.parts)
    }
}

/// One call of several that are made by one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Part {
    /// GET, POST, PATCH, PUT or DELETE.
    pub method: Method,
    /// As for [`Org::send`].
    pub path: String,
    /// The name by which later parts, and the answer, refer to it.
    pub reference: String,
    /// What it sends.
    pub body: Option<Value>,
}

impl Part {
    /// A call that sends nothing.
    pub fn new(method: Method, path: impl Into<String>, reference: impl Into<String>) -> Self {
        Self { method, path: path.into(), reference: reference.into(), body: None }
    }

    /// The same, with something to send.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn to_json(&self, base: &str) -> Value {
        let root = if self.path.starts_with('/') { "" } else { base };
        let mut part = json!({
            "method": self.method.as_str(),
            "url": format!("{root}{}", self.path),
            "referenceId": self.reference,
        });
        if let Some(body) = &self.body {
            part["body"] = body.clone();
        }
        part
    }
}

/// What became of a part.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct PartAnswer {
    /// What it answered; null if nothing.
    #[serde(default)]
    pub body: Value,
    /// The name that it was given.
    #[serde(rename = "referenceId")]
    pub reference: String,
    #[serde(rename = "httpStatusCode")]
    status: u16,
}

impl PartAnswer {
    /// Its own status. That of the whole call is 200 even where every part fails.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "compositeResponse")]
    parts: Vec<PartAnswer>,
}
