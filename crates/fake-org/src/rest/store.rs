//! The records of an org, kept in the order in which they were made.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::id;

/// A record: its fields by the names that the schema gives them. What is null is left out.
pub(crate) type Record = Map<String, Value>;

/// Every record by the name of its object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    tables: BTreeMap<String, Vec<Record>>,
    made: u64,
}

impl Records {
    /// Keeps a record under a new id, which it returns.
    pub(crate) fn insert(&mut self, object: &str, prefix: &str, record: Record) -> String {
        self.made += 1;
        let id = id::id(prefix, self.made);
        self.keep(object, &id, record);
        id
    }

    /// Keeps a record under an id that it has already.
    pub(crate) fn keep(&mut self, object: &str, id: &str, mut record: Record) {
        record.shift_insert(0, "Id".to_owned(), Value::from(id));
        self.tables.entry(object.to_owned()).or_default().push(record);
    }

    /// Every record of an object, deleted ones included.
    pub(crate) fn all(&self, object: &str) -> &[Record] {
        self.tables.get(object).map_or(&[], Vec::as_slice)
    }

    /// Finds a record by its id of 15 or 18 letters, deleted or not.
    pub(crate) fn find(&self, object: &str, id: &str) -> Option<&Record> {
        let id = id::canonical(id)?;
        self.all(object).iter().find(|record| has(record, "Id", &id))
    }

    pub(crate) fn find_mut(&mut self, object: &str, id: &str) -> Option<&mut Record> {
        let id = id::canonical(id)?;
        self.tables.get_mut(object)?.iter_mut().find(|record| has(record, "Id", &id))
    }

    /// The ids of the live records whose `field` has this text, whatever its case.
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
