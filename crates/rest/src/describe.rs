use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use crate::path::segment;
use crate::{Org, RestError};

/// The part of an object description that queries and record files need.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) key_prefix: Option<String>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) custom: bool,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) external_id: bool,
    pub(crate) id_lookup: bool,
    pub(crate) relationship_name: Option<String>,
    pub(crate) reference_to: Vec<String>,
}

impl Field {
    /// Whether records can be found by this field.
    pub(crate) fn is_key(&self) -> bool {
        self.external_id || self.id_lookup
    }
}

impl Described {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Returns the reference field of a relationship: `AccountId` for `Account`.
    pub(crate) fn relationship(&self, name: &str) -> Option<&Field> {
        let is_it = |field: &&Field| {
            field.relationship_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.fields.iter().find(is_it)
    }
}

impl Org {
    pub(crate) async fn describe(
        &self,
        object: &str,
        tooling: bool,
    ) -> Result<Described, RestError> {
        let api = if tooling { "tooling/" } else { "" };
        let path = format!("{api}sobjects/{}/describe", segment("object", object)?);
        self.json(Method::GET, &path, Bytes::new()).await
    }
}
