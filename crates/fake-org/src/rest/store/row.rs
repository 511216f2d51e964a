//! A record as bytes.
//!
//! Each field is its number, the kind of its value and the value. Texts and JSON have a length of
//! four bytes before them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Record;
use crate::id;

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
    pub(super) words: &'a Words,
}

/// The names of fields, and the texts that records share, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("fewer than 4 billion words");
        let word: Arc<str> = word.into();
        self.names.push(Arc::clone(&word));
        self.numbers.insert(word, number);
        number
    }

    fn word(&self, number: u32) -> &str {
        &self.names[number as usize]
    }
}

impl Stored {
    pub(super) fn new(number: u64, record: &Record, words: &mut Words) -> Self {
        let mut bytes = Vec::new();
        for (name, value) in record.iter().filter(|(name, _)| *name != "Id") {
            if value.is_null() {
                continue;
            }
            bytes.extend(words.number(name).to_le_bytes());
            match value {
                Value::Bool(value) => bytes.push(if *value { TRUE } else { FALSE }),
                Value::String(text) if SHARED.contains(&name.as_str()) => {
                    bytes.push(WORD);
                    bytes.extend(words.number(text).to_le_bytes());
                }
                Value::String(text) => put(&mut bytes, TEXT, text),
                Value::Number(number) if number.is_f64() => {
                    bytes.push(FLOAT);
                    bytes.extend(number.as_f64().unwrap_or_default().to_le_bytes());
                }
                other => put(&mut bytes, JSON, &other.to_string()),
            }
        }
        Self { number, bytes: bytes.into() }
    }

    /// Returns the number of the record's id.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

fn put(bytes: &mut Vec<u8>, kind: u8, text: &str) {
    bytes.push(kind);
    bytes.extend(u32::try_from(text.len()).expect("a field is shorter than a call").to_le_bytes());
    bytes.extend(text.as_bytes());
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
        let Some(&wanted) = self.words.numbers.get(field) else { return Value::Null };
        let found = self.fields().find(|(name, ..)| *name == wanted);
        found.map_or(Value::Null, |(_, kind, bytes)| self.value(kind, bytes))
    }

    /// Whether the record is in the recycle bin.
    pub(crate) fn is_deleted(&self) -> bool {
        self.get("IsDeleted") == Value::Bool(true)
    }

    /// Returns the whole record.
    pub(crate) fn to_record(self) -> Record {
        let mut record = Record::new();
        record.insert("Id".to_owned(), Value::from(self.id()));
        for (name, kind, bytes) in self.fields() {
            record.insert(self.words.word(name).to_owned(), self.value(kind, bytes));
        }
        record
    }

    /// Returns a copy that later changes of the record do not reach.
    pub(crate) fn stored(&self) -> Stored {
        self.stored.clone()
    }

    /// Returns the name, the kind and the bytes of each field.
    fn fields(&self) -> impl Iterator<Item = (u32, u8, &'a [u8])> {
        let mut rest: &'a [u8] = &self.stored.bytes;
        std::iter::from_fn(move || {
            let name = take_u32(&mut rest)?;
            let [kind] = take(&mut rest)?;
            let length = match kind {
                FALSE | TRUE => 0,
                FLOAT => size_of::<f64>(),
                WORD => size_of::<u32>(),
                _ => take_u32(&mut rest)? as usize,
            };
            let (value, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some((name, kind, value))
        })
    }

    fn value(&self, kind: u8, mut bytes: &[u8]) -> Value {
        match kind {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            FLOAT => Value::from(f64::from_le_bytes(take(&mut bytes).unwrap_or_default())),
            WORD => Value::from(self.words.word(take_u32(&mut bytes).unwrap_or_default())),
            TEXT => Value::from(String::from_utf8_lossy(bytes)),
            _ => serde_json::from_slice(bytes).unwrap_or_default(),
        }
    }
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_le_bytes)
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*bytes)
}

const FALSE: u8 = 0;
const TRUE: u8 = 1;
const TEXT: u8 = 2;
const JSON: u8 = 3;
const WORD: u8 = 4;
/// A float has its own kind because `serde_json` rounds the last digits of some floats in JSON.
const FLOAT: u8 = 5;

/// The fields whose texts are the same in most records.
const SHARED: [&str; 6] = [
    "CreatedById",
    "CreatedDate",
    "LastModifiedById",
    "LastModifiedDate",
    "OwnerId",
    "SystemModstamp",
];
