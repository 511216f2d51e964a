use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::org::from_json;
use crate::{ApiError, Problem, RestError};

/// The outcome for one record of a create, update, upsert or delete.
#[derive(Clone, Debug, Default, Deserialize)]
#[non_exhaustive]
pub struct SaveResult {
    /// The id of the record, if Salesforce sent it.
    #[serde(default)]
    pub id: Option<String>,
    /// Whether an upsert created the record, if Salesforce sent that.
    #[serde(default)]
    pub created: Option<bool>,
    /// The reasons of a failure; empty on success.
    #[serde(default, rename = "errors", deserialize_with = "problems")]
    pub problems: Vec<Problem>,
    success: bool,
}

impl SaveResult {
    /// Whether the record was saved.
    pub fn is_success(&self) -> bool {
        self.success && self.problems.is_empty()
    }

    /// Reads the response to a call for one record, alone or in a composite request.
    pub(crate) fn of_response(response: Response<Bytes>) -> Result<Self, RestError> {
        if response.status().is_success() {
            // The response to a delete or an update by id is empty, as is that to an update by
            // external id before v46.0.
            return match response.body().as_ref() {
                b"" | b"null" => Ok(Self { success: true, ..Self::default() }),
                body => from_json(body),
            };
        }
        let error = ApiError::read(response, "");
        let mut problems = error.problems().to_vec();
        if problems.is_empty() {
            // Several records have the external id: the message names them.
            problems.push(Problem { message: error.to_string(), ..Problem::default() });
        }
        Ok(Self { problems, ..Self::default() })
    }
}

fn problems<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Problem>, D::Error> {
    let list = Vec::<Value>::deserialize(from)?;
    Ok(list.iter().filter_map(Value::as_object).map(|it| Problem::of(it, "")).collect())
}
