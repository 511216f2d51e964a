//! `GROUP BY`, `HAVING` and aggregates.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::order::ascending;
use super::{Column, Condition, Function, Item, Names, Operand, Order, Path, Result, SoqlError};
use crate::rest::schema::{Field, Kind};
use crate::rest::store::{Records, Row};

/// A query with groups, or with one group of all records.
#[derive(Debug)]
pub(super) struct Grouped {
    keys: Vec<Column>,
    /// The names and values of a row.
    outputs: Vec<(String, Operand<Column>)>,
    having: Option<Condition<Column>>,
    order: Vec<Order<Column>>,
}

impl Grouped {
    pub(super) fn find(
        names: Names<'_, '_>,
        items: Vec<Item>,
        group: &[Path],
        having: Option<Condition<Path>>,
        order: &[Order<Path>],
    ) -> Result<Self> {
        let keys: Vec<_> = group.iter().map(|path| names.column(path)).collect::<Result<_>>()?;
        if let Some(key) = keys.iter().find(|key| !is_groupable(&key.field)) {
            return Err(key.unsupported("grouped"));
        }
        let names = Names { keys: Some(&keys), ..names };
        let mut outputs: Vec<(String, Operand<Column>)> = Vec::new();
        let mut unnamed = 0;
        for item in items {
            let (operand, alias) = match item {
                Item::Operand(operand, alias) => (operand, alias),
                Item::Fields(_, place) => return Err(SoqlError::unexpected(place.at, &place.text)),
                Item::Query(query) => {
                    return Err(SoqlError::unexpected(query.object.at, &query.object.text));
                }
            };
            let operand = names.operand(&operand)?;
            let name = match (alias, &operand) {
                (Some(alias), _) => alias.text,
                (None, Operand::Field(key)) => key.field.name.clone(),
                (None, Operand::Aggregate { .. }) => {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                }
            };
            if outputs.iter().any(|(other, _)| *other == name) {
                return Err(SoqlError::malformed(0, format!("duplicate alias: {name}")));
            }
            outputs.push((name, operand));
        }
        let having = having.map(|condition| names.condition(condition)).transpose()?;
        let order = order.iter().map(|order| match named(&outputs, &order.operand) {
            Some(operand) => Ok(order.by(operand)),
            None => names.order(order),
        });
        let order = order.collect::<Result<_>>()?;
        Ok(Self { keys, outputs, having, order })
    }

    /// Whether all records are one group.
    pub(super) fn is_one(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the names of the values of a row.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the rows of the groups of these records.
    pub(super) fn rows(&self, records: &Records, found: Vec<Row<'_>>) -> Vec<Value> {
        let mut groups = if self.is_one() { vec![found] } else { self.groups(records, found) };
        if let Some(having) = &self.having {
            groups.retain(|group| having.holds(records, group));
        }
        groups.sort_by(|one, other| Order::compare(&self.order, records, one, other));
        let row = |group: &Vec<Row<'_>>| {
            let mut row = json!({ "attributes": { "type": "AggregateResult" } });
            for (name, operand) in &self.outputs {
                row[name.as_str()] = operand.value(records, group);
            }
            row
        };
        groups.iter().map(row).collect()
    }

    /// Groups records by the values of their keys, in the order of the first of each.
    fn groups<'r>(&self, records: &Records, found: Vec<Row<'r>>) -> Vec<Vec<Row<'r>>> {
        let mut places = HashMap::new();
        let mut groups: Vec<Vec<_>> = Vec::new();
        for row in found {
            let keys: Value = self.keys.iter().map(|key| key.value(records, row)).collect();
            let place = *places.entry(keys.to_string()).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Vec::new());
            }
            groups[place].push(row);
        }
        groups
    }
}

/// Returns the value that `SELECT` gives this name.
fn named(outputs: &[(String, Operand<Column>)], field: &Operand<Path>) -> Option<Operand<Column>> {
    let Operand::Field(Path(names)) = field else { return None };
    let [only] = names.as_slice() else { return None };
    let named = outputs.iter().find(|(name, _)| name.eq_ignore_ascii_case(&only.text));
    named.map(|(_, operand)| operand.clone())
}

/// Returns the result of a function over the values that are not null.
pub(super) fn aggregate(function: Function, mut values: Vec<Value>) -> Value {
    let sum = || -> Value {
        let whole = values.iter().try_fold(0_i64, |sum, value| sum.checked_add(value.as_i64()?));
        whole.map_or_else(
            || Value::from(values.iter().filter_map(Value::as_f64).sum::<f64>()),
            Value::from,
        )
    };
    match function {
        Function::Count => Value::from(values.len()),
        Function::CountDistinct => {
            values.sort_by(ascending);
            values.dedup_by(|one, other| ascending(one, other).is_eq());
            Value::from(values.len())
        }
        _ if values.is_empty() => Value::Null,
        Function::Avg => Value::from(sum().as_f64().unwrap_or_default() / values.len() as f64),
        Function::Max => values.into_iter().max_by(ascending).unwrap_or_default(),
        Function::Min => values.into_iter().min_by(ascending).unwrap_or_default(),
        Function::Sum => sum(),
    }
}

/// Whether a field can be in `GROUP BY`.
pub(crate) fn is_groupable(field: &Field) -> bool {
    match field.kind {
        Kind::Boolean | Kind::Date | Kind::Id | Kind::Int | Kind::Reference => true,
        Kind::EncryptedString | Kind::MultiPicklist => false,
        Kind::TextArea => !field.is_long_text(),
        kind => kind.is_text(),
    }
}
