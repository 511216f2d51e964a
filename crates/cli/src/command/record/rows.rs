//! The rows of a CSV or NDJSON file, one after another, however many there are.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use csv::StringRecord;
use orgtoken_rest::{Object, Value};

use super::fields::put;
use crate::failure::Failure;
use crate::input::{InputError, Kind, is_stdin};

/// What the file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A header and rows; an empty cell leaves the field alone, #N/A empties it
    Csv,
    /// A JSON object on each line
    Ndjson,
}

/// A file that is being read.
pub(super) enum Rows {
    Csv { reader: Box<csv::Reader<Box<dyn BufRead>>>, head: StringRecord },
    Ndjson { lines: io::Lines<Box<dyn BufRead>> },
}

/// A row as it stands, and the record that it is, or why it is none.
pub(super) struct Row {
    pub(super) source: Source,
    pub(super) record: Result<Object, &'static str>,
}

pub(super) enum Source {
    Cells(StringRecord),
    Line(String),
}

impl Rows {
    pub(super) fn open(path: &Path, format: Option<Format>) -> Result<Self, Failure> {
        let mut input: Box<dyn BufRead> = if is_stdin(path) {
            Box::new(BufReader::new(io::stdin()))
        } else {
            let file = File::open(path).map_err(|error| InputError::os(Kind::Body, path, error))?;
            Box::new(BufReader::new(file))
        };
        let first = input.fill_buf().map_err(|error| InputError::os(Kind::Body, path, error))?;
        let format = format.or_else(|| by_name(path)).unwrap_or_else(|| by_content(first));
        if format == Format::Ndjson {
            return Ok(Self::Ndjson { lines: input.lines() });
        }
        let mut reader = Box::new(csv::ReaderBuilder::new().flexible(true).from_reader(input));
        let head = reader.headers().map_err(|error| no_csv(&error))?.clone();
        Ok(Self::Csv { reader, head })
    }

    pub(super) fn format(&self) -> Format {
        match self {
            Self::Csv { .. } => Format::Csv,
            Self::Ndjson { .. } => Format::Ndjson,
        }
    }

    /// The names of the columns; none of NDJSON.
    pub(super) fn head(&self) -> StringRecord {
        match self {
            Self::Csv { head, .. } => head.clone(),
            Self::Ndjson { .. } => StringRecord::new(),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Row>, Failure> {
        match self {
            Self::Csv { reader, head } => {
                let mut cells = StringRecord::new();
                let more = reader.read_record(&mut cells).map_err(|error| no_csv(&error))?;
                let record = record_of(head, &cells);
                Ok(more.then_some(Row { source: Source::Cells(cells), record }))
            }
            Self::Ndjson { lines } => loop {
                let Some(line) = lines.next() else { return Ok(None) };
                let line = line.map_err(|error| {
                    Failure::new("io.read", Some("save the file as UTF-8"), error)
                })?;
                let text = line.trim_start_matches('\u{feff}').trim();
                if !text.is_empty() {
                    let record = serde_json::from_str::<Object>(text);
                    let record =
                        record.map_err(|_| "the line is no JSON object").map(without_error);
                    return Ok(Some(Row { source: Source::Line(line), record }));
                }
            },
        }
    }
}

fn record_of(head: &StringRecord, cells: &StringRecord) -> Result<Object, &'static str> {
    if head.len() != cells.len() {
        return Err("the row has not as many cells as the head");
    }
    let mut record = Object::new();
    for (name, cell) in
        head.iter().zip(cells).filter(|(name, cell)| *name != ERROR && !cell.is_empty())
    {
        put(&mut record, name, if cell == NULL { Value::Null } else { Value::from(cell) });
    }
    Ok(record)
}

fn without_error(mut record: Object) -> Object {
    record.shift_remove(ERROR);
    record
}

fn by_name(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()? {
        "csv" => Some(Format::Csv),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        _ => None,
    }
}

fn by_content(first: &[u8]) -> Format {
    let mut letters = first.iter().filter(|byte| !byte.is_ascii_whitespace());
    if letters.next() == Some(&b'{') { Format::Ndjson } else { Format::Csv }
}

/// The cells themselves are nobody's business.
fn no_csv(error: &csv::Error) -> Failure {
    let place = error.position().map(|place| format!(" (line {})", place.line()));
    let what = format!("the rows are no CSV in UTF-8{}", place.unwrap_or_default());
    Failure::new("io.encoding", Some("save the file as CSV in UTF-8, with a head"), what)
}

/// The column in which a failed row has its reason. It is none of the record's.
pub(super) const ERROR: &str = "_error";

/// As other loaders of Salesforce have it.
const NULL: &str = "#N/A";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_fields() {
        let record = |head: &[&str], cells: &[&str]| {
            record_of(&StringRecord::from(head.to_vec()), &StringRecord::from(cells.to_vec()))
        };
        let head = ["Name", "Phone", "Site", "Owner.Key__c", "_error"];
        let found = record(&head, &["Acme", "", "#N/A", "7", "old"]).unwrap();
        let expected = json!({ "Name": "Acme", "Site": null, "Owner": { "Key__c": "7" } });
        assert_eq!(Value::Object(found), Value::from(expected));
        assert!(record(&head, &["Acme"]).is_err());
    }

    #[test]
    fn a_form_is_told_by_its_name_or_its_first_letter() {
        assert_eq!(by_name(Path::new("a.csv")), Some(Format::Csv));
        assert_eq!(by_name(Path::new("a.jsonl")), Some(Format::Ndjson));
        assert_eq!(by_name(Path::new("-")), None);
        assert_eq!(by_content(b"\n {\"Name\""), Format::Ndjson);
        assert_eq!(by_content(b"Name,Phone"), Format::Csv);
    }
}
