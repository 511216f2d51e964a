//! `ORDER BY`.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Column, Operand, Order, Path};
use crate::rest::number;
use crate::rest::store::{Records, Row};

impl Order<Path> {
    /// Returns the same order with resolved names.
    pub(super) fn by(&self, operand: Operand<Column>) -> Order<Column> {
        Order { operand, descending: self.descending, nulls_last: self.nulls_last }
    }
}

impl Order<Column> {
    /// Compares two groups, or two records, each of which is a group of its own.
    pub(super) fn compare(
        orders: &[Self],
        records: &Records,
        one: &[Row<'_>],
        other: &[Row<'_>],
    ) -> Ordering {
        let value = |order: &Self, group| order.operand.value(records, group);
        let compare = |order: &Self| order.compare_values(&value(order, one), &value(order, other));
        orders.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Compares two values. Nulls come first in both directions, except for `NULLS LAST`.
    fn compare_values(&self, one: &Value, other: &Value) -> Ordering {
        if one.is_null() != other.is_null() {
            let nulls_first = other.is_null().cmp(&one.is_null());
            return if self.nulls_last { nulls_first.reverse() } else { nulls_first };
        }
        let ascending = ascending(one, other);
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// Compares two values. A field of an unknown type has values of several types, for which there has
/// to be an order as well: without one, sorting panics.
pub(super) fn ascending(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => number::compare(one, other),
        (Value::String(one), Value::String(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
        _ => rank(one).cmp(&rank(other)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) | Value::Object(_) => 4,
    }
}
