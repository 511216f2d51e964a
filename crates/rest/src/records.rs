use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::org::to_json;
use crate::path::{encode, segment};
use crate::{Org, RestError, SaveResult};

/// Single records.
impl Org {
    /// Creates a record. The call is not repeated if its answer is lost, so none is created twice.
    pub async fn create(
        &self,
        object: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let path = format!("sobjects/{}", segment("object", object)?);
        self.save(Method::POST, &path, record).await
    }

    /// Reads the named fields of a record, or all of them if none is named.
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

    /// Changes the given fields of a record; null empties one.
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

    /// Puts a record into the recycle bin.
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
        // The answer to an update is empty, and so was that to an upsert before v46.0.
        if answer.body().is_empty() {
            return Ok(SaveResult::default());
        }
        serde_json::from_slice(answer.body()).map_err(|error| RestError::answer(&error))
    }
}

fn record_path(object: &str, id: &str) -> Result<String, RestError> {
    Ok(format!("sobjects/{}/{}", segment("object", object)?, segment("id", id)?))
}
