use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;

use crate::path::segment;
use crate::{Org, RestError};

/// The part of a describe answer that a record file is checked against.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    pub(super) name: String,
    #[serde(default)]
    pub(super) key_prefix: Option<String>,
    pub(super) fields: Vec<Field>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) createable: bool,
    #[serde(default)]
    pub(super) updateable: bool,
    #[serde(default)]
    pub(super) external_id: bool,
    #[serde(default)]
    pub(super) id_lookup: bool,
    #[serde(default)]
    pub(super) relationship_name: Option<String>,
    #[serde(default)]
    pub(super) reference_to: Vec<String>,
}

impl Field {
    /// Whether a record can be found by it.
    pub(super) fn is_key(&self) -> bool {
        self.external_id || self.id_lookup
    }
}

impl Described {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The field behind `Account` of `Account.Name`.
    pub(super) fn relationship(&self, name: &str) -> Option<&Field> {
        let is_it = |field: &&Field| {
            field.relationship_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.fields.iter().find(is_it)
    }
}

/// An object, and the objects that relationship columns name.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) object: Described,
    /// By the name of the relationship in lower case; only those with one possible parent.
    pub(super) parents: BTreeMap<String, Described>,
}

impl Schema {
    pub(super) async fn of(
        org: &Org,
        object: &str,
        relationships: &[String],
    ) -> Result<Self, RestError> {
        let object: Described = describe(org, object).await?;
        let mut parents = BTreeMap::new();
        for name in relationships {
            let field = object.relationship(name);
            if let Some([parent]) = field.map(|field| field.reference_to.as_slice()) {
                parents.insert(name.to_ascii_lowercase(), describe(org, parent).await?);
            }
        }
        Ok(Self { object, parents })
    }
}

async fn describe(org: &Org, object: &str) -> Result<Described, RestError> {
    let path = format!("sobjects/{}/describe", segment("object", object)?);
    org.json(Method::GET, &path, HeaderMap::new(), Bytes::new()).await
}
