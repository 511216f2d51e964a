use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::org::{from_json, to_json};
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
        self.read(record_path(object, id)?, fields).await
    }

    /// Like [`get`](Self::get), for the record whose external id `field` is `value`.
    pub async fn get_by<T: DeserializeOwned>(
        &self,
        object: &str,
        field: &str,
        value: &str,
        fields: &[&str],
    ) -> Result<T, RestError> {
        self.read(key_path(object, field, value)?, fields).await
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

    /// Like [`update`](Self::update), for the record whose external id `field` is `value`. No record
    /// is created.
    ///
    /// The call uses version 61.0 of the API if that of the org is earlier: before, Salesforce
    /// ignored `updateOnly` ([Upsert Records Using sObject Rows by External ID]).
    ///
    /// [Upsert Records Using sObject Rows by External ID]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert_patch.htm
    pub async fn update_by(
        &self,
        object: &str,
        field: &str,
        value: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let path = self.update_by_path(object, field, value)?;
        self.save(Method::PATCH, &path, record).await
    }

    /// Updates the record whose external id `field` is `value`, or creates it.
    pub async fn upsert(
        &self,
        object: &str,
        field: &str,
        value: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        self.save(Method::PATCH, &key_path(object, field, value)?, record).await
    }

    /// Deletes a record. It stays in the recycle bin.
    pub async fn delete(&self, object: &str, id: &str) -> Result<(), RestError> {
        self.remove(&record_path(object, id)?).await
    }

    /// Like [`delete`](Self::delete), for the record whose external id `field` is `value`.
    pub async fn delete_by(&self, object: &str, field: &str, value: &str) -> Result<(), RestError> {
        self.remove(&key_path(object, field, value)?).await
    }

    pub(crate) fn update_by_path(
        &self,
        object: &str,
        field: &str,
        value: &str,
    ) -> Result<String, RestError> {
        let base = self.versioned_since(UPDATE_ONLY_SINCE);
        Ok(format!("{base}{}?updateOnly=true", key_path(object, field, value)?))
    }

    async fn read<T: DeserializeOwned>(
        &self,
        mut path: String,
        fields: &[&str],
    ) -> Result<T, RestError> {
        if !fields.is_empty() {
            path += &format!("?fields={}", encode(&fields.join(",")));
        }
        let headers = self.record_options.to_headers()?;
        self.json_with(Method::GET, &path, headers, Bytes::new()).await
    }

    async fn remove(&self, path: &str) -> Result<(), RestError> {
        let headers = self.record_options.to_headers()?;
        self.request(Method::DELETE, path, headers, Bytes::new()).await.map(drop)
    }

    async fn save(
        &self,
        method: Method,
        path: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let body = to_json(record)?;
        let headers = self.record_options.to_headers()?;
        let answer = self.request(method, path, headers, body).await?;
        // The response to an update is empty, as is that to an upsert before v46.0.
        if answer.body().is_empty() {
            return Ok(SaveResult::default());
        }
        from_json(answer.body())
    }
}

fn record_path(object: &str, id: &str) -> Result<String, RestError> {
    Ok(format!("sobjects/{}/{}", segment("object", object)?, segment("id", id)?))
}

/// Returns the path of the record with an external id.
pub(crate) fn key_path(object: &str, field: &str, value: &str) -> Result<String, RestError> {
    let (object, field) = (segment("object", object)?, segment("external id field", field)?);
    Ok(format!("sobjects/{object}/{field}/{}", segment("external id", value)?))
}

/// The first version in which an upsert can be limited to updates.
pub(crate) const UPDATE_ONLY_SINCE: u16 = 61;
