//! The records of an org, in the order of their creation.
//!
//! A bulk job creates millions of them. A record is therefore stored as bytes, without its id and
//! with numbers in place of field names.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::{Map, Value};

pub(crate) use row::{Row, Stored};

use super::number;
use crate::id;
use row::Names;

/// The fields of a record by their names in the schema, without nulls.
pub(crate) type Record = Map<String, Value>;

/// All records by the name of their object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    tables: BTreeMap<String, Table>,
    names: Names,
    made: u64,
}

#[derive(Clone, Debug, Default)]
struct Table {
    prefix: String,
    /// By ascending number. A record that was deleted for good has no row.
    rows: Vec<Stored>,
    /// The fields that were looked up, with the hashes of their values and the places of their rows.
    indexes: BTreeMap<String, BTreeSet<(u64, usize)>>,
}

impl Records {
    /// Stores a record and returns its new id.
    pub(crate) fn insert(&mut self, object: &str, prefix: &str, record: Record) -> String {
        id::id(prefix, self.insert_numbered(object, prefix, &record))
    }

    /// Stores a record and returns the number of its new id.
    pub(crate) fn insert_numbered(&mut self, object: &str, prefix: &str, record: &Record) -> u64 {
        let last = self.tables.get(object).and_then(|table| table.rows.last());
        self.made = self.made.max(last.map_or(0, Stored::number)) + 1;
        self.push(object, prefix, self.made, record);
        self.made
    }

    /// Stores a record with this id, which is above those of its object.
    pub(crate) fn keep(&mut self, object: &str, id: &str, record: Record) {
        if let Some((prefix, number)) = id::parse(id) {
            self.push(object, &prefix, number, &record);
        }
    }

    fn push(&mut self, object: &str, prefix: &str, number: u64, record: &Record) {
        let stored = Stored::new(number, record, &mut self.names);
        let new = || Table { prefix: prefix.to_owned(), ..Table::default() };
        let table = self.tables.entry(object.to_owned()).or_insert_with(new);
        table.rows.push(stored);
        table.add_to_indexes(table.rows.len() - 1, &self.names);
    }

    /// Undoes what has changed since this copy was made. Names and numbers of ids stay used: a row
    /// that a bulk query has copied in between refers to them.
    pub(crate) fn roll_back(&mut self, before: Self) {
        self.tables = before.tables;
    }

    /// Returns every record of an object, with deleted ones.
    pub(crate) fn all(&self, object: &str) -> impl Iterator<Item = Row<'_>> {
        let table = self.tables.get(object).into_iter();
        table.flat_map(|table| table.rows.iter().map(|stored| table.row(stored, &self.names)))
    }

    /// Returns a row of an object that [`Row::stored`] has taken out of it.
    pub(crate) fn row<'a>(&'a self, object: &str, stored: &'a Stored) -> Option<Row<'a>> {
        Some(self.tables.get(object)?.row(stored, &self.names))
    }

    /// Finds a record by its id of 15 or 18 characters, deleted or not.
    pub(crate) fn find(&self, object: &str, id: &str) -> Option<Row<'_>> {
        let table = self.tables.get(object)?;
        Some(table.row(&table.rows[table.place(id)?], &self.names))
    }

    /// Replaces a record, which keeps its id. Returns `false` if there is no such record.
    pub(crate) fn replace(&mut self, object: &str, id: &str, record: &Record) -> bool {
        let Some(table) = self.tables.get_mut(object) else { return false };
        let Some(place) = table.place(id) else { return false };
        table.remove_from_indexes(place, &self.names);
        table.rows[place] = Stored::new(table.rows[place].number(), record, &mut self.names);
        table.add_to_indexes(place, &self.names);
        true
    }

    /// Deletes records for good, without a place in the recycle bin.
    pub(crate) fn purge(&mut self, object: &str, ids: &[String]) {
        let Some(table) = self.tables.get_mut(object) else { return };
        let numbers: BTreeSet<_> =
            ids.iter().filter_map(|id| id::parse(id)).map(|(_, number)| number).collect();
        table.rows.retain(|stored| !numbers.contains(&stored.number()));
        table.indexes.clear();
    }

    /// Returns the ids of the records that are not deleted and have this value in `field`, ignoring
    /// case.
    pub(crate) fn ids_with(&mut self, object: &str, field: &str, text: &str) -> Vec<String> {
        let Some(table) = self.tables.get_mut(object) else { return Vec::new() };
        if field == "Id" {
            let place = table.place(text).map(|place| table.row(&table.rows[place], &self.names));
            return place.filter(|row| !row.is_deleted()).map(|row| row.id()).into_iter().collect();
        }
        table.ensure_index(field, &self.names);
        let Some(index) = table.indexes.get(field) else { return Vec::new() };
        let places = hashes_of_text(text)
            .into_iter()
            .flat_map(|hash| index.range((hash, 0)..=(hash, usize::MAX)))
            .map(|&(_, place)| place);
        let rows = places.map(|place| table.row(&table.rows[place], &self.names));
        let matching = rows.filter(|row| !row.is_deleted() && has(&row.get(field), text));
        matching.map(|row| row.id()).collect()
    }
}

impl Table {
    fn row<'a>(&'a self, stored: &'a Stored, names: &'a Names) -> Row<'a> {
        Row { prefix: &self.prefix, stored, names }
    }

    /// Returns the place of the row with this id.
    fn place(&self, id: &str) -> Option<usize> {
        let (prefix, number) = id::parse(id)?;
        if prefix != self.prefix {
            return None;
        }
        self.rows.binary_search_by_key(&number, Stored::number).ok()
    }

    fn ensure_index(&mut self, field: &str, names: &Names) {
        if self.indexes.contains_key(field) {
            return;
        }
        let rows = self.rows.iter().map(|stored| self.row(stored, names)).enumerate();
        let entries = rows.filter_map(|(place, row)| Some((hash_of(&row.get(field))?, place)));
        let index = entries.collect();
        self.indexes.insert(field.to_owned(), index);
    }

    fn add_to_indexes(&mut self, place: usize, names: &Names) {
        let row = Row { prefix: &self.prefix, stored: &self.rows[place], names };
        for (field, index) in &mut self.indexes {
            index.extend(hash_of(&row.get(field)).map(|hash| (hash, place)));
        }
    }

    fn remove_from_indexes(&mut self, place: usize, names: &Names) {
        let row = Row { prefix: &self.prefix, stored: &self.rows[place], names };
        for (field, index) in &mut self.indexes {
            if let Some(hash) = hash_of(&row.get(field)) {
                index.remove(&(hash, place));
            }
        }
    }
}

/// Returns the hash of a value; `None` if it cannot be looked up.
fn hash_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => Some(hash(&text.to_ascii_lowercase())),
        Value::Number(number) => Some(hash(&number.as_f64()?.to_bits())),
        _ => None,
    }
}

/// Returns the hashes of the values that a text may mean: the text and, perhaps, a number.
fn hashes_of_text(text: &str) -> Vec<u64> {
    let number = number::parse(text).and_then(|number| hash_of(&Value::Number(number)));
    [Some(hash(&text.to_ascii_lowercase())), number].into_iter().flatten().collect()
}

fn hash<T: std::hash::Hash>(value: &T) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value.eq_ignore_ascii_case(text),
        Value::Number(value) => {
            number::parse(text).is_some_and(|number| number::compare(value, &number).is_eq())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Record, Records};

    fn record(value: Value) -> Record {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn stored_record_is_read_as_it_was_written() {
        let written = record(
            json!({ "Name": "Åsa\n\"x\"", "IsDeleted": false, "Big": 12345678901234_i64,
            "Ratio": 51.248178375505404, "OwnerId": "005xx0000000001AAA", "Address": { "city": "Rome" } }),
        );
        let mut records = Records::default();
        let id = records.insert("Account", "001", written.clone());
        let read = records.find("Account", &id).unwrap();
        assert_eq!(read.get("Ratio"), json!(51.248178375505404));
        assert_eq!(read.get("Fax"), Value::Null);
        let mut expected = record(json!({ "Id": id }));
        expected.extend(written);
        assert_eq!(read.to_record(), expected);
    }

    #[test]
    fn look_up_follows_changes() {
        let mut records = Records::default();
        let first = records.insert("Account", "001", record(json!({ "Key": "A1" })));
        assert_eq!(records.ids_with("Account", "Key", "a1"), [first.as_str()]);
        let second = records.insert("Account", "001", record(json!({ "Key": 7 })));
        assert_eq!(records.ids_with("Account", "Key", "7.0"), [second.as_str()]);
        for key in [9_007_199_254_740_992_i64, 9_007_199_254_740_993] {
            let id = records.insert("Account", "001", record(json!({ "Key": key })));
            assert_eq!(records.ids_with("Account", "Key", &key.to_string()), [id]);
        }
        assert!(records.replace("Account", &first, &record(json!({ "Key": "B1" }))));
        assert!(records.ids_with("Account", "Key", "a1").is_empty());
        assert_eq!(records.ids_with("Account", "Key", "b1"), [first.as_str()]);
        records.purge("Account", std::slice::from_ref(&first));
        assert!(records.find("Account", &first).is_none());
        assert_eq!(records.ids_with("Account", "Key", "7"), [second.as_str()]);
        assert!(records.find("Account", &second[..15]).is_some());
        assert!(records.find("Account", &second.replace("001", "003")).is_none());
    }

    #[test]
    fn row_that_was_copied_survives_a_rollback() {
        let mut records = Records::default();
        let kept = records.insert("Account", "001", record(json!({ "Name": "A" })));
        let before = records.clone();
        let gone = records.insert("Account", "001", record(json!({ "OwnerId": "b", "Fax": "1" })));
        let copy = records.find("Account", &gone).unwrap().stored();
        records.roll_back(before);
        assert!(records.find("Account", &kept).is_some());
        assert!(records.find("Account", &gone).is_none());
        let row = records.row("Account", &copy).unwrap();
        assert_eq!((row.get("OwnerId"), row.get("Fax")), (json!("b"), json!("1")));
        assert_ne!(records.insert("Account", "001", Record::new()), gone);
    }

    #[test]
    fn new_id_is_above_those_that_were_given() {
        let mut records = Records::default();
        records.keep("User", &crate::id::id("005", 9), record(json!({ "Name": "A" })));
        assert_eq!(records.insert("User", "005", Record::new()), crate::id::id("005", 10));
    }
}
