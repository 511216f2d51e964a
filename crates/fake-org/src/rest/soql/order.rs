//! `ORDER BY`.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Column, Key, SoqlError};
use crate::rest::schema::{Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row};

/// A resolved field of `ORDER BY`.
#[derive(Debug)]
pub(super) struct Order {
    column: Column,
    descending: bool,
}

impl Order {
    pub(super) fn find(schema: &Schema, object: &ObjectType, key: &Key) -> Result<Self, SoqlError> {
        let column = Column::find(schema, object, &key.field)?;
        if column.field.kind == Kind::TextArea && column.field.length > 255 {
            let message =
                format!("field '{}' can not be sorted in a query call", column.field.name);
            return Err(SoqlError::new("INVALID_FIELD", column.at, message));
        }
        Ok(Self { column, descending: key.descending })
    }

    /// Compares two records by this field. Nulls come first in both directions.
    pub(super) fn compare(&self, records: &Records, one: &Row<'_>, other: &Row<'_>) -> Ordering {
        let value = |row: &Row<'_>| self.column.value(records, *row);
        let (one, other) = (value(one), value(other));
        if one.is_null() != other.is_null() {
            return other.is_null().cmp(&one.is_null());
        }
        let ascending = ascending(&one, &other);
        if self.descending { ascending.reverse() } else { ascending }
    }
}

fn ascending(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(one), Value::String(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
        _ => Ordering::Equal,
    }
}
