use serde::Deserialize;
use serde_json::Value;

use crate::Problem;

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
    #[serde(default = "done")]
    success: bool,
}

impl SaveResult {
    /// Whether the record was saved.
    pub fn is_success(&self) -> bool {
        self.success && self.problems.is_empty()
    }
}

fn done() -> bool {
    true
}

fn problems<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Problem>, D::Error> {
    let list = Vec::<Value>::deserialize(from)?;
    Ok(list.iter().filter_map(Value::as_object).map(|it| Problem::of(it, "")).collect())
}
