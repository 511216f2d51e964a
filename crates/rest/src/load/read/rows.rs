use std::fs::File;
use std::io::{BufReader, Read};
use std::sync::Arc;

use csv::{ByteRecord, StringRecord};
use serde_json::value::RawValue;

use super::decode::Decode;
use super::json::{Members, Objects};
use super::quotes::Quotes;
use super::{At, Encoding, Form, Layout, from_io};
use crate::load::columns::ID;
use crate::load::fault::{CheckError, Fault, FaultKind, Place};

/// A reader of the rows of a file.
pub(in crate::load) struct Rows {
    reader: Reader,
    /// The names of the columns of a CSV file. That of a list of ids is `Id`.
    header: StringRecord,
    header_line: u64,
    number: u64,
}

type Source = BufReader<Box<dyn Read + Send>>;

enum Reader {
    Csv { reader: Box<csv::Reader<Quotes<Source>>>, layout: Layout },
    Json(Objects<Source>),
}

/// A row of the file.
#[derive(Debug)]
pub(in crate::load) struct Row {
    /// The number of the row, counted from 1 after the header.
    pub(in crate::load) number: u64,
    /// The first line of the row, counted from 1.
    pub(in crate::load) line: u64,
    pub(in crate::load) data: Data,
}

#[derive(Debug)]
pub(in crate::load) enum Data {
    Cells(StringRecord),
    Members(Vec<(String, Box<RawValue>)>),
}

impl Rows {
    pub(super) fn new(file: Arc<File>, layout: Layout) -> Result<Self, CheckError> {
        let bytes = At::new(file, layout.start);
        let text: Box<dyn Read + Send> = match layout.encoding {
            Encoding::Utf8 => Box::new(bytes),
            Encoding::Windows1252 => Box::new(Decode::new(bytes, layout.line)),
        };
        let text = BufReader::with_capacity(64 << 10, text);
        let (mut header, mut header_line) = (StringRecord::new(), layout.line);
        if layout.form == Form::Json {
            let reader = Reader::Json(Objects::new(text));
            return Ok(Self { reader, header, header_line, number: 0 });
        }
        let quotes = Quotes::new(text, layout.delimiter, layout.line);
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).has_headers(false).delimiter(layout.delimiter);
        if layout.form == Form::Ids {
            builder.trim(csv::Trim::All);
        }
        let mut reader = Box::new(builder.from_reader(quotes));
        if layout.form == Form::Ids {
            header.push_field(ID);
        } else {
            let mut cells = ByteRecord::new();
            reader.read_byte_record(&mut cells).map_err(from_csv)?;
            header_line = reader.get_mut().next_start().unwrap_or(layout.line);
            header = text_of(cells, 0, header_line, layout.encoding)?;
        }
        let reader = Reader::Csv { reader, layout };
        Ok(Self { reader, header, header_line, number: 0 })
    }

    pub(in crate::load) fn header(&self) -> &StringRecord {
        &self.header
    }

    pub(in crate::load) fn header_line(&self) -> u64 {
        self.header_line
    }

    pub(in crate::load) fn next(&mut self) -> Result<Option<Row>, CheckError> {
        // A row with a fault is counted: reading continues after it.
        self.number += 1;
        let number = self.number;
        let found = match &mut self.reader {
            Reader::Csv { reader, layout } => {
                let mut cells = ByteRecord::new();
                let line = loop {
                    if !reader.read_byte_record(&mut cells).map_err(from_csv)? {
                        return Ok(None);
                    }
                    let line = reader.get_mut().next_start().unwrap_or_default();
                    // The `csv` crate skips empty lines, but not those that have blanks.
                    if layout.form != Form::Ids || cells.len() > 1 || !cells[0].is_empty() {
                        break line;
                    }
                };
                let cells = text_of(cells, number, line, layout.encoding)?;
                let (expected, found) = (self.header.len(), cells.len());
                if expected != found {
                    let kind = FaultKind::width(expected, found);
                    return Err(Fault::new(Place::row(number, line), kind).into());
                }
                Some((line, Data::Cells(cells)))
            }
            Reader::Json(objects) => {
                objects.next()?.map(|(line, Members(members))| (line, Data::Members(members)))
            }
        };
        Ok(found.map(|(line, data)| Row { number, line, data }))
    }
}

fn text_of(
    cells: ByteRecord,
    row: u64,
    line: u64,
    encoding: Encoding,
) -> Result<StringRecord, CheckError> {
    StringRecord::from_byte_record(cells).map_err(|error| {
        let column = Some(error.utf8_error().field() + 1);
        let row = Some(row).filter(|row| *row > 0);
        let place = Place { row, column, ..Place::line(line) };
        let encoding = if encoding == Encoding::Utf8 { "UTF-8" } else { encoding.name() };
        Fault::new(place, FaultKind::encoding(encoding)).into()
    })
}

/// Converts an error of the `csv` crate without its message, which may quote a cell. Only I/O
/// errors occur: widths and encoding are checked here.
fn from_csv(error: csv::Error) -> CheckError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => from_io(error),
        _ => CheckError::nowhere(FaultKind::not_records("unreadable")),
    }
}
