//! The response to `columns=true`, which `sf` requests before it prints a table.

use serde_json::{Value, json};

use super::run::Part;
use super::{Column, Prepared};
use crate::rest::schema::Kind;

impl Prepared<'_> {
    /// Returns the columns. Those of related records are nested below their relationship.
    pub(crate) fn metadata(&self) -> Value {
        let is_id = |part: &Part<'_>| part.path() == ["Id"];
        json!({
            "columnMetadata": self.column_metadata(),
            "entityName": self.object().name,
            "groupBy": self.groups().is_some_and(|groups| !groups.is_one()),
            "idSelected": self.parts().iter().any(is_id),
            "keyPrefix": self.object().key_prefix,
        })
    }

    fn column_metadata(&self) -> Value {
        if let Some(groups) = self.groups() {
            return groups.names().map(aggregate).collect();
        }
        let mut columns = json!([]);
        for part in self.parts() {
            match part {
                Part::Child(child) => {
                    let mut entry = entry(child.relationship, None);
                    entry["aggregate"] = Value::Bool(true);
                    entry["joinColumns"] = child.query.column_metadata();
                    push(&mut columns, entry);
                }
                Part::Column(column) => {
                    let hops = column.hops.iter().map(|hop| hop.relationship.as_str());
                    push(hops.fold(&mut columns, nested), leaf(column));
                }
            }
        }
        columns
    }
}

/// Returns the columns below a relationship, which is added if it is missing.
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

/// Returns the column of an aggregate, or of a field of a group.
fn aggregate(name: &str) -> Value {
    let mut column = entry(name, None);
    column["aggregate"] = Value::Bool(true);
    column
}

fn leaf(column: &Column) -> Value {
    entry(&column.field.name, Some(column.field.kind))
}

fn entry(name: &str, kind: Option<Kind>) -> Value {
    let is_number = kind.is_some_and(Kind::is_number);
    let is_boolean = kind == Some(Kind::Boolean);
    json!({
        "aggregate": false, "apexType": kind.map(Kind::name), "booleanType": is_boolean,
        "columnName": name, "custom": name.ends_with("__c"), "displayName": name,
        "foreignKeyName": null, "insertable": false, "joinColumns": [],
        "numberType": is_number, "textType": kind.is_some() && !is_number && !is_boolean,
        "updatable": false,
    })
}
