//! A record as bytes.
//!
//! Each field is the number of its name, the length of its value, and the value as JSON.

use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::Value;

use super::Record;
use crate::id;

/// The names of fields, by their numbers.
pub(super) type Names = IndexSet<String>;

/// A stored record. A copy shares the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    number: u64,
    bytes: Arc<[u8]>,
}

/// A record of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(super) prefix: &'a str,
    pub(super) stored: &'a Stored,
    pub(super) names: &'a Names,
}

impl Stored {
    pub(super) fn new(number: u64, record: &Record, names: &mut Names) -> Self {
        let mut bytes = Vec::new();
        let is_stored = |(name, value): &(&String, &Value)| *name != "Id" && !value.is_null();
        for (name, value) in record.iter().filter(is_stored) {
            let (name, value) = (names.insert_full(name.clone()).0, value.to_string());
            bytes.extend(u16::try_from(name).expect("fewer than 65,536 names").to_le_bytes());
            let length = u32::try_from(value.len()).expect("a field is shorter than a call");
            bytes.extend(length.to_le_bytes());
            bytes.extend(value.as_bytes());
        }
        Self { number, bytes: bytes.into() }
    }

    /// Returns the number of the record's id.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl<'a> Row<'a> {
    /// Returns the id of 18 characters.
    pub(crate) fn id(&self) -> String {
        id::id(self.prefix, self.stored.number)
    }

    /// Returns the value of a field; null if it has none.
    pub(crate) fn get(&self, field: &str) -> Value {
        if field == "Id" {
            return Value::from(self.id());
        }
        let wanted = self.names.get_index_of(field);
        let mut fields = self.fields().filter(|(name, _)| Some(*name) == wanted);
        fields.next().map_or(Value::Null, |(_, value)| parsed(value))
    }

    /// Whether the record is in the recycle bin.
    pub(crate) fn is_deleted(&self) -> bool {
        self.get("IsDeleted") == Value::Bool(true)
    }

    /// Returns the whole record.
    pub(crate) fn to_record(self) -> Record {
        let fields = self.fields().map(|(name, value)| (self.names[name].clone(), parsed(value)));
        let id = ("Id".to_owned(), Value::from(self.id()));
        [id].into_iter().chain(fields).collect()
    }

    /// Returns a copy that later changes of the record do not reach.
    pub(crate) fn stored(&self) -> Stored {
        self.stored.clone()
    }

    /// Returns the number of the name and the JSON of each field.
    fn fields(&self) -> impl Iterator<Item = (usize, &'a [u8])> {
        let mut rest: &'a [u8] = &self.stored.bytes;
        std::iter::from_fn(move || {
            let (name, tail) = rest.split_first_chunk()?;
            let (length, tail) = tail.split_first_chunk()?;
            let (value, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = tail;
            Some((u16::from_le_bytes(*name).into(), value))
        })
    }
}

fn parsed(json: &[u8]) -> Value {
    serde_json::from_slice(json).expect("`Stored::new` wrote JSON")
}
