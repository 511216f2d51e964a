//! The response to `columns=true`, which `sf` requests before it prints a table.

use serde_json::{Value, json};

use super::Prepared;
use super::run::Part;
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

    fn column_metadata(&self) -> Vec<Value> {
        if let Some(groups) = self.groups() {
            return groups.names().map(aggregate).collect();
        }
        let mut columns = Vec::new();
        for part in self.parts() {
            match part {
                Part::Child(child) => {
                    let mut entry = aggregate(child.relationship);
                    entry["joinColumns"] = child.query.column_metadata().into();
                    columns.push(entry);
                }
                Part::Column(column) => {
                    let hops = column.hops.iter().map(|hop| hop.relationship.as_str());
                    let field = &column.field;
                    hops.fold(&mut columns, nested).push(entry(&field.name, Some(field.kind)));
                }
            }
        }
        columns
    }
}

/// Returns the columns below a relationship, which is added if it is missing.
fn nested<'a>(columns: &'a mut Vec<Value>, relationship: &str) -> &'a mut Vec<Value> {
    let place = columns.iter().position(|column| column["columnName"] == relationship);
    let place = place.unwrap_or_else(|| {
        columns.push(entry(relationship, None));
        columns.len() - 1
    });
    columns[place]["joinColumns"].as_array_mut().expect("it is a list")
}

/// Returns the column of an aggregate, of a field of a group, or of a sub-query.
fn aggregate(name: &str) -> Value {
    let mut column = entry(name, None);
    column["aggregate"] = Value::Bool(true);
    column
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
