//! `ORDER BY`.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Column, Key, Operand, SoqlError};
use crate::rest::schema::{Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row};

/// A resolved field of `ORDER BY`.
#[derive(Debug)]
pub(super) struct Order {
    column: Column,
    direction: Direction,
}

/// The direction of a key, and the place of nulls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

impl Order {
    pub(super) fn find(schema: &Schema, object: &ObjectType, key: &Key) -> Result<Self, SoqlError> {
        let path = match &key.field {
            Operand::Field(path) => path,
            Operand::Aggregate(aggregate) => {
                return Err(SoqlError::unexpected(aggregate.at, "("));
            }
        };
        let column = Column::find(schema, object, path)?;
        if column.field.kind == Kind::TextArea && column.field.length > 255 {
            let message =
                format!("field '{}' can not be sorted in a query call", column.field.name);
            return Err(SoqlError::new("INVALID_FIELD", column.at, message));
        }
        Ok(Self { column, direction: Direction::of(key) })
    }

    /// Compares two records by this field.
    pub(super) fn compare(&self, records: &Records, one: &Row<'_>, other: &Row<'_>) -> Ordering {
        let value = |row: &Row<'_>| self.column.value(records, *row);
        self.direction.compare(&value(one), &value(other))
    }
}

impl Direction {
    pub(super) fn of(key: &Key) -> Self {
        Self { descending: key.descending, nulls_last: key.nulls_last }
    }

    /// Compares two values. Nulls come first in both directions, except for `NULLS LAST`.
    pub(super) fn compare(self, one: &Value, other: &Value) -> Ordering {
        if one.is_null() != other.is_null() {
            let nulls_first = other.is_null().cmp(&one.is_null());
            return if self.nulls_last { nulls_first.reverse() } else { nulls_first };
        }
        let ascending = ascending(one, other);
        if self.descending { ascending.reverse() } else { ascending }
    }
}

pub(super) fn ascending(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(one), Value::String(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
        _ => Ordering::Equal,
    }
}
