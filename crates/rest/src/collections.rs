use bytes::Bytes;
use http::Method;
use serde::Serialize;

use crate::org::to_json;
use crate::path::{encode, segment};
use crate::{Object, Org, RestError, SaveResult, Value};

/// Up to [`Org::MAX_RECORDS`] records in one call; more are [`RestError::TooMany`], and nothing is
/// sent.
///
/// Each record succeeds or fails on its own, unless [`RecordOptions::all_or_none`] is set. The
/// results are in the order of the records. The call succeeds even if every record failed: check
/// each [`SaveResult::is_success`].
///
/// [`RecordOptions::all_or_none`]: crate::RecordOptions::all_or_none
impl Org {
    /// The maximum number of records in one call.
    pub const MAX_RECORDS: usize = 200;

    /// Creates records. The call is not repeated if its response is lost: no record is created
    /// twice.
    pub async fn create_all<R: Serialize>(
        &self,
        object: &str,
        records: &[R],
    ) -> Result<Vec<SaveResult>, RestError> {
        self.collection(Method::POST, COLLECTIONS, object, records).await
    }

    /// Changes records. Each has its `Id` among its fields.
    pub async fn update_all<R: Serialize>(
        &self,
        object: &str,
        records: &[R],
    ) -> Result<Vec<SaveResult>, RestError> {
        self.collection(Method::PATCH, COLLECTIONS, object, records).await
    }

    /// Updates or creates records by the external id `field`. Each has it among its fields.
    pub async fn upsert_all<R: Serialize>(
        &self,
        object: &str,
        field: &str,
        records: &[R],
    ) -> Result<Vec<SaveResult>, RestError> {
        self.collection(Method::PATCH, &upsert_path(object, field)?, object, records).await
    }

    /// Deletes records. They stay in the recycle bin.
    pub async fn delete_all(&self, ids: &[&str]) -> Result<Vec<SaveResult>, RestError> {
        // An empty id would shift the results of the ids after it.
        if ids.iter().any(|id| id.trim().is_empty() || id.contains(',')) {
            return Err(RestError::Segment { what: "id", empty: true });
        }
        let ids_of_call = encode(&ids.join(","));
        let all_or_none = self.record_options.all_or_none;
        let path = format!("{COLLECTIONS}?ids={ids_of_call}&allOrNone={all_or_none}");
        self.outcomes(Method::DELETE, &path, Bytes::new(), ids.len()).await
    }

    async fn collection<R: Serialize>(
        &self,
        method: Method,
        path: &str,
        object: &str,
        records: &[R],
    ) -> Result<Vec<SaveResult>, RestError> {
        let typed = records.iter().map(|record| with_type(object, record));
        let all_or_none = self.record_options.all_or_none;
        let body = Sent { all_or_none, records: typed.collect::<Result<_, _>>()? };
        self.outcomes(method, path, to_json(&body)?, records.len()).await
    }

    pub(crate) async fn outcomes(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        number: usize,
    ) -> Result<Vec<SaveResult>, RestError> {
        if number > Self::MAX_RECORDS {
            return Err(RestError::TooMany { limit: Self::MAX_RECORDS });
        }
        if number == 0 {
            return Ok(Vec::new());
        }
        let headers = self.record_options.to_headers()?;
        let outcomes: Vec<SaveResult> = self.json_with(method, path, headers, body).await?;
        // With a result missing, the others could not be matched to their records.
        if outcomes.len() == number { Ok(outcomes) } else { Err(RestError::Unexpected) }
    }
}

pub(crate) fn upsert_path(object: &str, field: &str) -> Result<String, RestError> {
    let (object, field) = (segment("object", object)?, segment("external id field", field)?);
    Ok(format!("{COLLECTIONS}/{object}/{field}"))
}

/// Returns the record with its type, which replaces the `attributes` of a query.
fn with_type(object: &str, record: &impl Serialize) -> Result<Object, RestError> {
    let fields: Object =
        serde_json::from_slice(&to_json(record)?).map_err(|_| RestError::Record)?;
    let fields = fields.into_iter().filter(|(name, _)| name != "attributes");
    let kind = Object::from_iter([("type".to_owned(), Value::from(object))]);
    Ok([("attributes".to_owned(), Value::from(kind))].into_iter().chain(fields).collect())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    all_or_none: bool,
    records: Vec<Object>,
}

pub(crate) const COLLECTIONS: &str = "composite/sobjects";
