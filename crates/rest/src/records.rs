use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::org::to_json;
use crate::path::{encode, segment};
use crate::{Org, RestError, SaveResult};

/// The key of a record: its id, or an external id.
///
/// ```
/// # async fn find(org: orgtoken_rest::Org) -> Result<(), orgtoken_rest::RestError> {
/// use orgtoken_rest::Object;
///
/// let by_id: Object = org.get("Account", "001D000000IqhSLIAZ", &[]).await?;
/// let by_external_id: Object = org.get("Account", ("ExternalId__c", "42"), &[]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordKey<'a> {
    /// The id.
    Id(&'a str),
    /// The value of an external id field.
    External {
        /// The API name of the field.
        field: &'a str,
        /// Its value.
        value: &'a str,
    },
}

impl<'a> From<&'a str> for RecordKey<'a> {
    fn from(id: &'a str) -> Self {
        Self::Id(id)
    }
}

impl<'a> From<&'a String> for RecordKey<'a> {
    fn from(id: &'a String) -> Self {
        Self::Id(id)
    }
}

impl<'a> From<(&'a str, &'a str)> for RecordKey<'a> {
    fn from((field, value): (&'a str, &'a str)) -> Self {
        Self::External { field, value }
    }
}

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
        key: impl Into<RecordKey<'_>>,
        fields: &[&str],
    ) -> Result<T, RestError> {
        let mut path = record_path(object, key.into())?;
        if !fields.is_empty() {
            path += &format!("?fields={}", encode(&fields.join(",")));
        }
        let headers = self.record_options.to_headers()?;
        self.json_with(Method::GET, &path, headers, Bytes::new()).await
    }

    /// Changes fields of a record. A null empties a field. No record is created.
    ///
    /// A call with an external id uses version 61.0 of the API if that of the org is earlier:
    /// before, Salesforce ignored `updateOnly` ([Upsert Records Using sObject Rows by External
    /// ID]).
    ///
    /// [Upsert Records Using sObject Rows by External ID]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert_patch.htm
    pub async fn update(
        &self,
        object: &str,
        key: impl Into<RecordKey<'_>>,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        match key.into() {
            RecordKey::Id(id) => {
                let path = record_path(object, RecordKey::Id(id))?;
                let mut saved = self.save(Method::PATCH, &path, record).await?;
                saved.id = Some(id.to_owned());
                Ok(saved)
            }
            RecordKey::External { field, value } => {
                let path = self.update_by_path(object, field, value)?;
                self.save(Method::PATCH, &path, record).await
            }
        }
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
    pub async fn delete(
        &self,
        object: &str,
        key: impl Into<RecordKey<'_>>,
    ) -> Result<(), RestError> {
        let (path, headers) = (record_path(object, key.into())?, self.record_options.to_headers()?);
        self.request(Method::DELETE, &path, headers, Bytes::new()).await.map(drop)
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

    async fn save(
        &self,
        method: Method,
        path: &str,
        record: &(impl Serialize + ?Sized),
    ) -> Result<SaveResult, RestError> {
        let body = to_json(record)?;
        let headers = self.record_options.to_headers()?;
        SaveResult::of_response(self.request(method, path, headers, body).await?)
    }
}

fn record_path(object: &str, key: RecordKey<'_>) -> Result<String, RestError> {
    match key {
        RecordKey::Id(id) => {
            Ok(format!("sobjects/{}/{}", segment("object", object)?, segment("id", id)?))
        }
        RecordKey::External { field, value } => key_path(object, field, value),
    }
}

/// Returns the path of the record with an external id.
pub(crate) fn key_path(object: &str, field: &str, value: &str) -> Result<String, RestError> {
    let (object, field) = (segment("object", object)?, segment("external id field", field)?);
    Ok(format!("sobjects/{object}/{field}/{}", segment("external id", value)?))
}

/// The first version in which an upsert can be limited to updates.
pub(crate) const UPDATE_ONLY_SINCE: u16 = 61;
