use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::org::to_json;
use crate::path::{encode, segment};
use crate::{Org, RestError, SaveResult};

/// Single records.
impl Org {
    /// Creates a record. The call is not repeated if its response is lost: no record is created
    /// twice.
    pub async fn create(
        &self,
        object: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let path = format!("sobjects/{}", segment("object", object)?);
        self.save(Method::POST, &path, record).await
    }

    /// Reads fields of a record; all of them if `fields` is empty.
    ///
    /// The type may be one of your own. An [`Object`](crate::Object) keeps every digit of a number.
    pub async fn get<T: DeserializeOwned>(
        &self,
        object: &str,
        id: &str,
        fields: &[&str],
    ) -> Result<T, RestError> {
        let mut path = record_path(object, id)?;
        if !fields.is_empty() {
            path += &format!("?fields={}", encode(&fields.join(",")));
        }
        self.json(Method::GET, &path, Bytes::new()).await
    }

    /// Changes fields of a record. A null empties a field.
    pub async fn update(
        &self,
        object: &str,
        id: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<(), RestError> {
        let path = record_path(object, id)?;
        self.save(Method::PATCH, &path, record).await.map(drop)
    }

    /// Updates the record whose external id `field` is `value`, or creates it.
    pub async fn upsert(
        &self,
        object: &str,
        field: &str,
        value: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let object_and_field = record_path(object, field)?;
        let path = format!("{object_and_field}/{}", segment("external id", value)?);
        self.save(Method::PATCH, &path, record).await
    }

    /// Deletes a record. It stays in the recycle bin.
    pub async fn delete(&self, object: &str, id: &str) -> Result<(), RestError> {
        let path = record_path(object, id)?;
        self.request(Method::DELETE, &path, HeaderMap::new(), Bytes::new()).await.map(drop)
    }

    async fn save(
        &self,
        method: Method,
        path: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let body = to_json(record)?;
        let answer = self.request(method, path, HeaderMap::new(), body).await?;
        // The response to an update is empty, as is that to an upsert before v46.0.
        if answer.body().is_empty() {
            return Ok(SaveResult::default());
        }
        serde_json::from_slice(answer.body()).map_err(|error| RestError::invalid_json(&error))
    }
}

fn record_path(object: &str, id: &str) -> Result<String, RestError> {
    Ok(format!("sobjects/{}/{}", segment("object", object)?, segment("id", id)?))
}
