//! A query against the records.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::filter::Test;
use super::order::Order;
use super::{Column, Condition, Literal, Query, Select, SoqlError, parser};
use crate::records::{Record, Records, is_deleted};
use crate::schema::{ObjectType, Schema};

/// A query in which every name has been found to exist.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    object: &'a ObjectType,
    /// `None` for `COUNT()`.
    columns: Option<Vec<Column>>,
    condition: Option<Condition<Test>>,
    order: Vec<Order>,
    limit: Option<usize>,
    offset: usize,
}

/// What came of a query.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// How many records match; more than `records` only for `COUNT()`.
    pub(crate) total: usize,
    pub(crate) records: Vec<Value>,
}

impl<'a> Prepared<'a> {
    /// Reads a query and looks up its names. The records are those that semi-joins look into.
    pub(crate) fn new(
        text: &str,
        schema: &'a Schema,
        records: &Records,
    ) -> Result<Self, SoqlError> {
        Self::from_query(parser::parse(text)?, schema, records)
    }

    pub(super) fn from_query(
        query: Query,
        schema: &'a Schema,
        records: &Records,
    ) -> Result<Self, SoqlError> {
        let Query { select, object, condition, order, limit, offset } = query;
        let unknown = || SoqlError::no_object(object.at, &object.text);
        let object = schema.object(&object.text).ok_or_else(unknown)?;
        let columns = match select {
            Select::Count => None,
            Select::Fields(paths) => {
                let columns = paths.iter().map(|path| Column::find(schema, object, path));
                Some(without_repeats(columns.collect::<Result<_, _>>()?)?)
            }
        };
        let condition = condition.map(|condition| condition.resolve(schema, records, object));
        let condition = condition.transpose()?;
        let order = order.iter().map(|key| Order::find(schema, object, key));
        let order = order.collect::<Result<_, _>>()?;
        Ok(Self { object, columns, condition, order, limit, offset })
    }

    pub(crate) fn object(&self) -> &ObjectType {
        self.object
    }

    /// What `SELECT` names; nothing for `COUNT()`.
    pub(crate) fn columns(&self) -> &[Column] {
        self.columns.as_deref().unwrap_or_default()
    }

    /// Runs it; `base` begins the links to the records (`/services/data/v66.0`).
    pub(crate) fn run(&self, records: &Records, with_deleted: bool, base: &str) -> Found {
        let found = self.found(records, with_deleted);
        let Some(columns) = &self.columns else {
            return Found { total: found.len(), records: Vec::new() };
        };
        let row = |record| row(columns, records, record, &self.object.name, base);
        let records: Vec<_> = found.into_iter().map(row).collect();
        Found { total: records.len(), records }
    }

    /// The texts of its only column, for a semi-join; `at` is where it stands.
    pub(super) fn values(&self, records: &Records, at: usize) -> Result<Vec<Literal>, SoqlError> {
        let [column] = self.columns() else {
            let message = "Semi join sub-selects can only query a single field.";
            return Err(SoqlError::malformed(at, message));
        };
        let value = |record| column.owner(records, record)?.get(&column.field.name)?.as_str();
        let values = self.found(records, false).into_iter().filter_map(value);
        Ok(values.map(|text| Literal::Text(text.to_owned())).collect())
    }

    fn found<'b>(&'b self, records: &'b Records, with_deleted: bool) -> Vec<&'b Record> {
        let all = records.all(&self.object.name).iter();
        let seen = all.filter(|record| with_deleted || !is_deleted(record));
        let holds = |record: &&Record| match &self.condition {
            Some(condition) => condition.holds(records, record),
            None => true,
        };
        let mut found: Vec<_> = seen.filter(holds).collect();
        found.sort_by(|one, other| {
            let mut keys = self.order.iter().map(|key| key.compare(records, one, other));
            keys.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        found.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}

fn without_repeats(columns: Vec<Column>) -> Result<Vec<Column>, SoqlError> {
    for (place, column) in columns.iter().enumerate() {
        if columns[..place].iter().any(|earlier| earlier.way() == column.way()) {
            let message = format!("duplicate field selected: {}", column.field.name);
            return Err(SoqlError::malformed(column.at, message));
        }
    }
    Ok(columns)
}

fn row(columns: &[Column], records: &Records, record: &Record, object: &str, base: &str) -> Value {
    let mut row = labelled(record, object, base);
    for column in columns {
        put(&mut row, column, records, record, base);
    }
    row
}

/// Puts one column into a row; where a relationship leads nowhere, its place stays null.
fn put(row: &mut Value, column: &Column, records: &Records, record: &Record, base: &str) {
    let mut place = row;
    let mut owner = record;
    for hop in &column.hops {
        place = &mut place[hop.relationship.as_str()];
        let Some((object, target)) = hop.follow(records, owner) else { return };
        if place.is_null() {
            *place = labelled(target, object, base);
        }
        owner = target;
    }
    let value = owner.get(&column.field.name).cloned().unwrap_or_default();
    place[column.field.name.as_str()] = value;
}

/// An empty row with the attributes that every record carries.
fn labelled(record: &Record, object: &str, base: &str) -> Value {
    let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
    json!({ "attributes": { "type": object, "url": format!("{base}/sobjects/{object}/{id}") } })
}
