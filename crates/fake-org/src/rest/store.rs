//! The records of an org, in the order of their creation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::id;

/// The fields of a record by their names in the schema, without nulls.
pub(crate) type Record = Map<String, Value>;

/// All records by the name of their object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    tables: BTreeMap<String, Vec<Record>>,
    made: u64,
}

impl Records {
    /// Stores a record and returns its new id.
    pub(crate) fn insert(&mut self, object: &str, prefix: &str, record: Record) -> String {
        self.made += 1;
        let id = id::id(prefix, self.made);
        self.keep(object, &id, record);
        id
    }

    /// Stores a record with this id.
    pub(crate) fn keep(&mut self, object: &str, id: &str, mut record: Record) {
        record.shift_insert(0, "Id".to_owned(), Value::from(id));
        self.tables.entry(object.to_owned()).or_default().push(record);
    }

    /// Returns every record of an object, with deleted ones.
    pub(crate) fn all(&self, object: &str) -> &[Record] {
        self.tables.get(object).map_or(&[], Vec::as_slice)
    }

    /// Finds a record by its id of 15 or 18 characters, deleted or not.
    pub(crate) fn find(&self, object: &str, id: &str) -> Option<&Record> {
        let id = id::canonical(id)?;
        self.all(object).iter().find(|record| has(record, "Id", &id))
    }

    pub(crate) fn find_mut(&mut self, object: &str, id: &str) -> Option<&mut Record> {
        let id = id::canonical(id)?;
        self.tables.get_mut(object)?.iter_mut().find(|record| has(record, "Id", &id))
    }

    /// Returns the ids of the records that are not deleted and have this value in `field`, ignoring
    /// case.
    pub(crate) fn ids_with(&self, object: &str, field: &str, text: &str) -> Vec<String> {
        let records = self.all(object).iter().filter(|record| !is_deleted(record));
        let matching = records.filter(|record| has(record, field, text));
        matching.filter_map(|record| Some(record.get("Id")?.as_str()?.to_owned())).collect()
    }
}

pub(crate) fn is_deleted(record: &Record) -> bool {
    record.get("IsDeleted") == Some(&Value::Bool(true))
}

fn has(record: &Record, field: &str, text: &str) -> bool {
    match record.get(field) {
        Some(Value::String(value)) if field == "Id" => value == text,
        Some(Value::String(value)) => value.eq_ignore_ascii_case(text),
        Some(Value::Number(value)) => text.parse().ok() == value.as_f64(),
        _ => false,
    }
}
