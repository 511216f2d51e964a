use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use crate::path::segment;
use crate::{Org, RestError};

/// An object of the org, as the user may see it: [`Org::describe`] and [`Org::objects`].
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub struct ObjectDescription {
    /// The API name: `Account`.
    pub name: String,
    /// The name for users.
    #[serde(default)]
    pub label: String,
    /// The first three characters of record ids; some objects have none.
    pub key_prefix: Option<String>,
    /// Whether it was created in this org or by a package.
    #[serde(default)]
    pub custom: bool,
    /// Whether the user can create records.
    #[serde(default)]
    pub createable: bool,
    /// Whether the user can delete records.
    #[serde(default)]
    pub deletable: bool,
    /// Whether the user can query records.
    #[serde(default)]
    pub queryable: bool,
    /// Whether the user can change records.
    #[serde(default)]
    pub updateable: bool,
    /// The fields; empty in the list of [`Org::objects`].
    #[serde(default)]
    pub fields: Vec<FieldDescription>,
}

/// A field of an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[non_exhaustive]
#[serde(default, rename_all = "camelCase")]
pub struct FieldDescription {
    /// The API name: `AnnualRevenue`.
    pub name: String,
    /// The name for users.
    pub label: String,
    /// The type: `string`, `currency`, `reference`, [and others].
    ///
    /// [and others]: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
    #[serde(rename = "type")]
    pub kind: String,
    /// The maximum number of characters; 0 if the type has no such limit.
    pub length: u64,
    /// The digits of a number; 0 for other types.
    pub precision: u32,
    /// The digits after the decimal point.
    pub scale: u32,
    /// Whether it was created in this org or by a package.
    pub custom: bool,
    /// Whether it can be set when a record is created.
    pub createable: bool,
    /// Whether it can be changed.
    pub updateable: bool,
    /// Whether it may be empty.
    pub nillable: bool,
    /// Whether Salesforce sets it if a new record lacks it.
    pub defaulted_on_create: bool,
    /// Whether it is an external id.
    pub external_id: bool,
    /// Whether records can be found by it, although it is not an external id.
    pub id_lookup: bool,
    /// Whether no two records have the same value.
    pub unique: bool,
    /// The name of the related record: `Owner` for `OwnerId`.
    pub relationship_name: Option<String>,
    /// The objects to which it can refer.
    pub reference_to: Vec<String>,
    /// The values of a picklist.
    pub picklist_values: Vec<PicklistValue>,
    /// Whether a picklist accepts only its values.
    pub restricted_picklist: bool,
}

/// A value of a picklist.
#[derive(Clone, Debug, Default, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct PicklistValue {
    /// The value that is stored.
    pub value: String,
    /// The value for users.
    pub label: Option<String>,
    /// Whether it can be chosen.
    pub active: bool,
}

impl FieldDescription {
    /// Whether a new record is refused without this field.
    pub fn is_required(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }

    /// Whether records can be found by this field.
    pub(crate) fn is_key(&self) -> bool {
        self.external_id || self.id_lookup
    }
}

impl ObjectDescription {
    /// Returns a field by its API name, in any case.
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Returns the reference field of a relationship: `AccountId` for `Account`.
    pub fn relationship(&self, name: &str) -> Option<&FieldDescription> {
        let is_it = |field: &&FieldDescription| {
            field.relationship_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.fields.iter().find(is_it)
    }
}

/// Objects and their fields.
impl Org {
    /// Returns the objects that the user can see.
    pub async fn objects(&self) -> Result<Vec<ObjectDescription>, RestError> {
        #[derive(Deserialize)]
        struct Answer {
            sobjects: Vec<ObjectDescription>,
        }
        let answer: Answer = self.json(Method::GET, "sobjects", Bytes::new()).await?;
        Ok(answer.sobjects)
    }

    /// Returns the description of an object.
    pub async fn describe(&self, object: &str) -> Result<ObjectDescription, RestError> {
        self.describe_in(object, false).await
    }

    /// Returns the description of an object, or of one of the Tooling API.
    pub(crate) async fn describe_in(
        &self,
        object: &str,
        tooling: bool,
    ) -> Result<ObjectDescription, RestError> {
        let api = if tooling { "tooling/" } else { "" };
        let path = format!("{api}sobjects/{}/describe", segment("object", object)?);
        let described: ObjectDescription = self.json(Method::GET, &path, Bytes::new()).await?;
        // Every object has the field Id.
        if described.fields.is_empty() { Err(RestError::Unexpected) } else { Ok(described) }
    }
}
