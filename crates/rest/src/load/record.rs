use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::cell::quoted;
use super::columns::{ATTRIBUTES, Column, Columns, ID, Plan};
use super::fault::{Fault, FaultKind, Place};
use super::id::has_prefix;
use super::read::{Data, Members, Row};
use crate::Value;

/// A row in the form that is sent.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The record as JSON, without `attributes`: `"Name":"Acme"`.
    pub(super) fields: String,
    /// The id of the record, if the row has one.
    pub(super) id: Option<String>,
    /// The external id for the URL, which must not be among the fields.
    pub(super) key: Option<String>,
}

impl Plan {
    /// Checks a row and converts it to JSON.
    pub(super) fn prepare(&self, columns: &mut Columns, row: &Row) -> Result<Prepared, Vec<Fault>> {
        let mut writer = RecordWriter {
            plan: self,
            row,
            text: String::new(),
            id: None,
            key: None,
            faults: vec![],
        };
        match &row.data {
            Data::Cells(cells) => {
                let names = columns.table.iter();
                for (index, (cell, column)) in cells.iter().zip(names).enumerate() {
                    writer.cell(index, column, cell);
                }
            }
            Data::Members(members) => writer.members(&mut columns.names, members),
        }
        let is_empty = writer.text.is_empty() && writer.id.is_none() && writer.key.is_none();
        if is_empty && writer.faults.is_empty() {
            writer.fault(Place::row(row.number, row.line), FaultKind::EMPTY_ROW);
        }
        let RecordWriter { text, id, key, faults, .. } = writer;
        if faults.is_empty() { Ok(Prepared { fields: text, id, key }) } else { Err(faults) }
    }
}

/// The conversion of one row to JSON.
struct RecordWriter<'a> {
    plan: &'a Plan,
    row: &'a Row,
    text: String,
    id: Option<String>,
    key: Option<String>,
    faults: Vec<Fault>,
}

impl RecordWriter<'_> {
    fn fault(&mut self, place: Place, kind: FaultKind) {
        self.faults.push(Fault::new(place, kind));
    }

    fn put(&mut self, name: &str, json: &str) -> Result<(), FaultKind> {
        if self.plan.operation.is_by_key() && has_reference(json) {
            return Err(FaultKind::not_wanted(NO_REFERENCE));
        }
        let comma = if self.text.is_empty() { "" } else { "," };
        self.text.extend([comma, &quoted(name), ":", json]);
        Ok(())
    }

    fn id(&mut self, id: &str) -> Result<(), FaultKind> {
        if id.is_empty() {
            return Err(FaultKind::EMPTY_VALUE);
        }
        let object = &self.plan.schema.object;
        let prefix = object.key_prefix.as_deref().unwrap_or_default();
        if !has_prefix(id, prefix).ok_or(FaultKind::NOT_ID)? {
            return Err(FaultKind::other_object(&object.name));
        }
        self.put(ID, &quoted(id))?;
        self.id = Some(id.to_owned());
        Ok(())
    }

    fn cell(&mut self, index: usize, column: &Column, cell: &str) {
        if let Err(kind) = self.try_cell(column, cell) {
            let place = Place::row(self.row.number, self.row.line);
            self.fault(place.in_column(index + 1, &column.name()), kind);
        }
    }

    fn try_cell(&mut self, column: &Column, cell: &str) -> Result<(), FaultKind> {
        match column {
            Column::Ignored => {}
            Column::Id => self.id(cell)?,
            Column::Marker { is_own } => self.marker(*is_own, cell)?,
            _ if (cell.is_empty() || cell == NULL) && self.plan.is_key(column) => {
                return Err(FaultKind::EMPTY_VALUE);
            }
            _ if cell.is_empty() => {}
            Column::Field { name, kind } if self.plan.is_url_key(name) => {
                kind.json_of(cell)?;
                self.url_key(cell.to_owned())?;
            }
            Column::Field { name, .. } if cell == NULL => self.put(name, "null")?,
            Column::Field { name, kind } => self.put(name, &kind.json_of(cell)?)?,
            Column::Related { .. } if cell == NULL => {
                let what =
                    "a relationship cannot be emptied in this column: use the column of its id";
                return Err(FaultKind::not_wanted(what));
            }
            Column::Related { relationship, field, kind } => {
                let json = kind.json_of(cell)?;
                self.put(relationship, &format!("{{{}:{json}}}", quoted(field)))?;
            }
        }
        Ok(())
    }

    fn url_key(&mut self, key: String) -> Result<(), FaultKind> {
        if key.trim().is_empty() {
            return Err(FaultKind::EMPTY_VALUE);
        }
        if key == "." || key == ".." {
            return Err(FaultKind::not_wanted("a URL cannot contain it: use the id of the record"));
        }
        self.key = Some(key);
        Ok(())
    }

    /// Checks a marker cell: `[Account]` or empty.
    fn marker(&self, is_own: bool, cell: &str) -> Result<(), FaultKind> {
        let own = &self.plan.schema.object.name;
        let fits = match cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(object) => !is_own || object.eq_ignore_ascii_case(own),
            None => cell.is_empty(),
        };
        if fits { Ok(()) } else { Err(FaultKind::other_object(own)) }
    }

    fn members(
        &mut self,
        known: &mut HashMap<String, Column>,
        members: &[(String, Box<RawValue>)],
    ) {
        let (mut has_key, mut seen) = (false, HashSet::new());
        for (name, value) in members {
            let place = Place::row(self.row.number, self.row.line).with_name(name);
            if !seen.insert(name.to_ascii_lowercase()) {
                self.fault(place, FaultKind::DUPLICATE_NAME);
                continue;
            }
            if value.get().starts_with('{') && self.nested(&place, name, value) {
                continue;
            }
            let column = match known.get(name) {
                Some(column) => Ok(column.clone()),
                None => self.plan.column(name, false),
            };
            let written = column.and_then(|column| {
                has_key |= self.plan.is_key(&column);
                let written = self.member(&column, value);
                known.entry(name.clone()).or_insert(column);
                written
            });
            if let Err(kind) = written {
                self.fault(place, kind);
            }
        }
        if let Some(key) = self.plan.operation.key().filter(|_| !has_key) {
            let place = Place::row(self.row.number, self.row.line).with_name(key);
            self.fault(place, FaultKind::EMPTY_VALUE);
        }
    }

    fn member(&mut self, column: &Column, value: &RawValue) -> Result<(), FaultKind> {
        let is_empty = matches!(value.get(), "null" | "\"\"");
        match column {
            Column::Id => {
                let id: Option<String> = serde_json::from_str(value.get()).ok();
                self.id(id.as_deref().unwrap_or_default())?;
            }
            Column::Field { .. } if is_empty && self.plan.is_key(column) => {
                return Err(FaultKind::EMPTY_VALUE);
            }
            Column::Field { name, kind } if self.plan.is_url_key(name) => {
                kind.json_of_value(value)?;
                let text = serde_json::from_str::<String>(value.get()).ok();
                self.url_key(text.unwrap_or_else(|| value.get().to_owned()))?;
            }
            Column::Field { name, kind } => self.put(name, &kind.json_of_value(value)?)?,
            Column::Ignored | Column::Marker { .. } | Column::Related { .. } => {}
        }
        Ok(())
    }

    /// Handles `attributes` and a related record with its external id. `false` if it is neither.
    fn nested(&mut self, place: &Place, name: &str, value: &RawValue) -> bool {
        if name.eq_ignore_ascii_case(ATTRIBUTES) {
            let own = &self.plan.schema.object.name;
            let found = serde_json::from_str::<Attributes>(value.get()).ok();
            let other = found.and_then(|it| it.object).filter(|it| !it.eq_ignore_ascii_case(own));
            if other.is_some() {
                self.fault(place.clone(), FaultKind::other_object(own));
            }
            return true;
        }
        if self.plan.operation.is_delete() {
            return true;
        }
        let Some(reference) = self.plan.schema.object.relationship(name) else { return false };
        let relationship = reference.relationship_name.clone().unwrap_or_else(|| name.to_owned());
        if let Err((field, kind)) = self.related(&relationship, value) {
            let name = field.map_or_else(|| name.to_owned(), |field| format!("{name}.{field}"));
            self.fault(place.clone().with_name(&name), kind);
        }
        true
    }

    /// Writes a related record: its external id, and its type if that is given. An error has the
    /// name of the member.
    fn related(
        &mut self,
        relationship: &str,
        value: &RawValue,
    ) -> Result<(), (Option<String>, FaultKind)> {
        let Members(members) =
            serde_json::from_str(value.get()).map_err(|_| (None, FaultKind::NOT_TEXT))?;
        let is_key = |(name, _): &&(String, _)| !name.eq_ignore_ascii_case(ATTRIBUTES);
        let (keys, attributes): (Vec<_>, Vec<_>) = members.iter().partition(is_key);
        let ([(field, key)], [] | [_]) = (&keys[..], &attributes[..]) else {
            let what = "a related record has one field, its external id";
            return Err((None, FaultKind::not_wanted(what)));
        };
        let of = |name: &str| {
            let name = Some(name.to_owned());
            |kind| (name, kind)
        };
        let object = match attributes.first() {
            Some((name, attributes)) => {
                serde_json::from_str::<Attributes>(attributes.get())
                    .map_err(|_| {
                        FaultKind::not_wanted("expected an object with a type, such as \"Account\"")
                    })
                    .map_err(of(name))?
                    .object
            }
            None => None,
        };
        let of_type = object.map(|it| format!("\"attributes\":{{\"type\":{}}},", quoted(&it)));
        let written = self.plan.related(relationship, field).and_then(|column| {
            let Column::Related { field, kind, .. } = column else { return Ok(()) };
            let (of_type, key) = (of_type.unwrap_or_default(), kind.json_of_value(key)?);
            self.put(relationship, &format!("{{{of_type}{}:{key}}}", quoted(&field)))
        });
        written.map_err(of(field))
    }
}

/// The type of a record. The URL beside it is not sent.
#[derive(serde::Deserialize)]
struct Attributes {
    #[serde(rename = "type")]
    object: Option<String>,
}

/// Whether Salesforce would read a part of the JSON as a reference, which may be escaped.
fn has_reference(json: &str) -> bool {
    // A value is written again without the escapes of printable characters. One that has too many
    // levels for that may spell a reference.
    let lacks_one = |plain: Value| !plain.to_string().contains(REFERENCE);
    json.contains(REFERENCE)
        || json.contains("\\u00") && !serde_json::from_str(json).is_ok_and(lacks_one)
}

/// The value that empties a field, as in Data Loader.
const NULL: &str = "#N/A";

/// The beginning of a reference to the result of another subrequest.
const REFERENCE: &str = "@{";
const NO_REFERENCE: &str = "the value contains `@{`, which Salesforce may replace in an update by \
                            external id: update this row by Id";
