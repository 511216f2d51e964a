//! Sub-queries: the records that refer to a record.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::run::Scope;
use super::{Item, Names, Operand, Path, Prepared, Query, Result, SoqlError};
use crate::rest::store::Row;

/// A sub-query with resolved names.
#[derive(Debug)]
pub(super) struct Child<'a> {
    /// `Contacts`
    pub(super) relationship: &'a str,
    /// `AccountId`: the field of a child that refers to its parent.
    field: &'a str,
    pub(super) query: Prepared<'a>,
    /// The position of its relationship in the query.
    pub(super) at: usize,
}

impl<'a> Child<'a> {
    pub(super) fn find(query: Query, parent: Names<'a, '_>) -> Result<Self> {
        let from = query.object.clone();
        let unknown = || SoqlError::no_child(from.at, &from.text);
        let relation = parent.object.children(&from.text).ok_or_else(unknown)?;
        let object = parent.schema.object(&relation.child_s_object).ok_or_else(unknown)?;
        for item in &query.select {
            if let Item::Operand(Operand::Aggregate { at, .. }, _) = item {
                return Err(SoqlError::unexpected(*at, "("));
            }
        }
        if let Some(Path(names)) = query.group.first() {
            return Err(SoqlError::unexpected(names[0].at, &names[0].text));
        }
        let query = Prepared::of(query, object, parent.schema, parent.today)?;
        let relationship = relation.relationship_name.as_deref().unwrap_or_default();
        Ok(Self { relationship, field: &relation.field, query, at: from.at })
    }

    /// Returns the children of each of the records: a query result, or null.
    pub(super) fn below(&self, parents: &[Row<'_>], scope: Scope<'_>) -> Vec<Value> {
        let mut families: HashMap<Value, Vec<Row<'_>>> = HashMap::new();
        for child in self.query.sorted(scope, |_| true) {
            families.entry(child.get(self.field)).or_default().push(child);
        }
        let mut family = |parent: &Row<'_>| {
            self.query.page(families.remove(&parent.id().into()).unwrap_or_default())
        };
        let families: Vec<_> = parents.iter().map(&mut family).collect();
        let mut rows = self.query.rows(&families.concat(), scope).into_iter();
        let result = |family: Vec<Row<'_>>| match family.len() {
            0 => Value::Null,
            total => {
                let records: Vec<_> = rows.by_ref().take(total).collect();
                json!({ "totalSize": total, "done": true, "records": records })
            }
        };
        families.into_iter().map(result).collect()
    }
}
