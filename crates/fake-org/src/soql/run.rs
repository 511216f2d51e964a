//! A query against the records.

use serde_json::{Value, json};

use super::{Column, Query, Select, SoqlError, parser};
use crate::records::{Record, Records, is_deleted};
use crate::schema::Schema;

/// What came of a query.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    /// How many records match; more than `records` only for `COUNT()`.
    pub(crate) total: usize,
    pub(crate) records: Vec<Value>,
}

/// Runs a query; `base` begins the links to the records (`/services/data/v66.0`).
pub(crate) fn run(
    text: &str,
    schema: &Schema,
    records: &Records,
    with_deleted: bool,
    base: &str,
) -> Result<Answer, SoqlError> {
    let Query { select, object, condition, limit } = parser::parse(text)?;
    let unknown = || SoqlError::no_object(object.at, &object.text);
    let object = schema.object(&object.text).ok_or_else(unknown)?;
    let columns = match select {
        Select::Count => None,
        Select::Fields(paths) => {
            let columns = paths.iter().map(|path| Column::find(schema, object, path));
            Some(without_repeats(columns.collect::<Result<_, _>>()?)?)
        }
    };
    let condition = condition.map(|condition| condition.resolve(schema, object)).transpose()?;

    let all = records.all(&object.name).iter();
    let found = all
        .filter(|record| with_deleted || !is_deleted(record))
        .filter(|record| condition.as_ref().is_none_or(|it| it.holds(records, record)))
        .take(limit.unwrap_or(usize::MAX));
    let Some(columns) = columns else {
        return Ok(Answer { total: found.count(), records: Vec::new() });
    };
    let rows: Vec<_> =
        found.map(|record| row(&columns, records, record, &object.name, base)).collect();
    Ok(Answer { total: rows.len(), records: rows })
}

fn without_repeats(columns: Vec<Column>) -> Result<Vec<Column>, SoqlError> {
    let key = |column: &Column| {
        let way: Vec<_> = column.hops.iter().map(|hop| hop.relationship.clone()).collect();
        (way, column.field.name.clone())
    };
    for (place, column) in columns.iter().enumerate() {
        if columns[..place].iter().any(|earlier| key(earlier) == key(column)) {
            let message = format!("duplicate field selected: {}", column.field.name);
            return Err(SoqlError::malformed(column.at, message));
        }
    }
    Ok(columns)
}

fn row(columns: &[Column], records: &Records, record: &Record, object: &str, base: &str) -> Value {
    let mut row = labelled(record, object, base);
    for column in columns {
        let mut place = &mut row;
        let mut from = Some(record);
        for hop in &column.hops {
            from = from.and_then(|record| hop.follow(records, record));
            let nested = &mut place[hop.relationship.as_str()];
            if let Some(target) = from
                && nested.is_null()
            {
                *nested = labelled(target, &hop.targets[0], base);
            }
            place = nested;
        }
        if let Some(owner) = from {
            let value = owner.get(&column.field.name).cloned().unwrap_or_default();
            place[column.field.name.as_str()] = value;
        }
    }
    row
}

/// An empty row with the attributes that every record carries.
fn labelled(record: &Record, object: &str, base: &str) -> Value {
    let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
    json!({ "attributes": { "type": object, "url": format!("{base}/sobjects/{object}/{id}") } })
}
