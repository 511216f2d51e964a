//! What `columns=true` says of a query, which `sf` asks for before it draws a table.

use serde_json::{Value, json};

use super::{Column, Prepared};
use crate::schema::Kind;

impl Prepared<'_> {
    /// The columns, those of related records nested under their relationship.
    pub(crate) fn metadata(&self) -> Value {
        let mut columns = json!([]);
        for column in self.columns() {
            let mut place = &mut columns;
            for hop in &column.hops {
                place = nested(place, &hop.relationship);
            }
            push(place, leaf(column));
        }
        json!({
            "columnMetadata": columns,
            "entityName": self.object().name,
            "groupBy": false,
            "idSelected": self.columns().iter().any(|column| column.way() == ["Id"]),
            "keyPrefix": self.object().key_prefix,
        })
    }
}

/// The columns below a relationship, which is added if it is not there yet.
fn nested<'a>(columns: &'a mut Value, relationship: &str) -> &'a mut Value {
    let list = columns.as_array().map(Vec::as_slice).unwrap_or_default();
    let place = list.iter().position(|column| column["columnName"] == relationship);
    let place = place.unwrap_or_else(|| push(columns, entry(relationship, None)));
    &mut columns[place]["joinColumns"]
}

fn push(columns: &mut Value, column: Value) -> usize {
    match columns {
        Value::Array(list) => {
            list.push(column);
            list.len() - 1
        }
        _ => 0,
    }
}

fn leaf(column: &Column) -> Value {
    entry(&column.field.name, Some(column.field.kind))
}

fn entry(name: &str, kind: Option<Kind>) -> Value {
    let is_number = matches!(kind, Some(Kind::Currency | Kind::Double | Kind::Int | Kind::Percent));
    let is_boolean = kind == Some(Kind::Boolean);
    json!({
        "aggregate": false, "apexType": kind.map(Kind::name), "booleanType": is_boolean,
        "columnName": name, "custom": name.ends_with("__c"), "displayName": name,
        "foreignKeyName": null, "insertable": false, "joinColumns": [],
        "numberType": is_number, "textType": kind.is_some() && !is_number && !is_boolean,
        "updatable": false,
    })
}
