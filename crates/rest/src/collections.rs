use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use crate::path::segment;
use crate::{Org, RestError, Saved};

/// Up to [`Org::MOST_RECORDS`] records by one call; more are [`RestError::TooMany`], and nothing is
/// sent. Each is done or not by itself, and the outcomes stand in the order of the records: the call
/// succeeds even where every record failed, so look at each [`Saved::is_success`].
impl Org {
    /// How many records one call takes.
    pub const MOST_RECORDS: usize = 200;

    /// Makes records. None is made twice: where the answer is lost, the error says so.
    pub async fn create_all(
        &self,
        object: &str,
        records: &[Map<String, Value>],
    ) -> Result<Vec<Saved>, RestError> {
        self.collection(Method::POST, "composite/sobjects", object, records).await
    }

    /// Changes records, each of which has its `Id` among its fields.
    pub async fn update_all(
        &self,
        object: &str,
        records: &[Map<String, Value>],
    ) -> Result<Vec<Saved>, RestError> {
        self.collection(Method::PATCH, "composite/sobjects", object, records).await
    }

    /// Changes or makes records by the external id `field`, which each has among its fields.
    pub async fn upsert_all(
        &self,
        object: &str,
        field: &str,
        records: &[Map<String, Value>],
    ) -> Result<Vec<Saved>, RestError> {
        let path = format!("composite/sobjects/{}/{}", segment(object), segment(field));
        self.collection(Method::PATCH, &path, object, records).await
    }

    /// Puts records into the recycle bin.
    pub async fn delete_all(&self, ids: &[&str]) -> Result<Vec<Saved>, RestError> {
        let ids_of_call = segment(&ids.join(","));
        let path = format!("composite/sobjects?ids={ids_of_call}&allOrNone=false");
        self.outcomes(Method::DELETE, &path, None, ids.len()).await
    }

    async fn collection(
        &self,
        method: Method,
        path: &str,
        object: &str,
        records: &[Map<String, Value>],
    ) -> Result<Vec<Saved>, RestError> {
        let labelled: Vec<Value> = records.iter().map(|record| labelled(object, record)).collect();
        let body = json!({ "allOrNone": false, "records": labelled });
        self.outcomes(method, path, Some(&body), records.len()).await
    }

    async fn outcomes(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        number: usize,
    ) -> Result<Vec<Saved>, RestError> {
        if number > Self::MOST_RECORDS {
            return Err(RestError::TooMany { limit: Self::MOST_RECORDS });
        }
        if number == 0 {
            return Ok(Vec::new());
        }
        let outcomes: Vec<Saved> = self.json(method, path, HeaderMap::new(), body).await?;
        // Without one outcome for each record nobody could tell which is whose.
        if outcomes.len() == number { Ok(outcomes) } else { Err(RestError::Unexpected) }
    }
}

fn labelled(object: &str, record: &Map<String, Value>) -> Value {
    let mut labelled = Map::with_capacity(record.len() + 1);
    labelled.insert("attributes".to_owned(), json!({ "type": object }));
    let fields = record.iter().filter(|(name, _)| *name != "attributes");
    labelled.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(labelled)
}
