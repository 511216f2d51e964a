//! Sub-queries: the records that point to the one at hand.

use serde_json::{Value, json};

use super::run::Scope;
use super::{Prepared, Query, SoqlError};
use crate::rest::schema::{ObjectType, Schema};
use crate::rest::store::Record;

/// A sub-query in which every name has been found to exist.
#[derive(Debug)]
pub(super) struct Child<'a> {
    /// `Contacts`
    pub(super) relationship: &'a str,
    /// `AccountId`: what points from a child to its parent.
    field: &'a str,
    pub(super) query: Prepared<'a>,
    /// Where its relationship stands in the query.
    pub(super) at: usize,
}

impl<'a> Child<'a> {
    pub(super) fn find(
        query: Query,
        schema: &'a Schema,
        parent: &'a ObjectType,
    ) -> Result<Self, SoqlError> {
        let from = query.object.clone();
        let unknown = || SoqlError::no_child(from.at, &from.text);
        let way = parent.children(&from.text).ok_or_else(unknown)?;
        let object = schema.object(&way.child_s_object).ok_or_else(unknown)?;
        let query = Prepared::of(query, object, schema)?;
        let relationship = way.relationship_name.as_deref().unwrap_or_default();
        Ok(Self { relationship, field: &way.field, query, at: from.at })
    }

    /// What there is below one record: a result of its own, or null.
    pub(super) fn below(&self, parent: &Record, scope: Scope<'_>) -> Value {
        let is_child = |record: &Record| record.get(self.field) == parent.get("Id");
        let records = self.query.rows(scope, is_child);
        match records.len() {
            0 => Value::Null,
            total => json!({ "totalSize": total, "done": true, "records": records }),
        }
    }
}
