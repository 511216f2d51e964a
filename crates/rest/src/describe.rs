use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use crate::path::segment;
use crate::{Org, RestError};

/// The part of a describe answer that queries and record files need.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Described {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) key_prefix: Option<String>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) custom: bool,
    #[serde(default)]
    pub(crate) createable: bool,
    #[serde(default)]
    pub(crate) updateable: bool,
    #[serde(default)]
    pub(crate) external_id: bool,
    #[serde(default)]
    pub(crate) id_lookup: bool,
    #[serde(default)]
    pub(crate) relationship_name: Option<String>,
    #[serde(default)]
    pub(crate) reference_to: Vec<String>,
}

impl Field {
    /// Whether a record can be found by it.
    pub(crate) fn is_key(&self) -> bool {
        self.external_id || self.id_lookup
    }
}

impl Described {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The field behind `Account` of `Account.Name`.
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
