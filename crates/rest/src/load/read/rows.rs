use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use csv::{ByteRecord, StringRecord};
use serde_json::value::RawValue;

use super::decode::Decode;
use super::json::{Members, Objects};
use super::quotes::Quotes;
use super::{At, Encoding, Form, Layout, ReadError};
use crate::load::fault::{Fault, FaultKind, Place};
use crate::load::id::is_id;

/// A reader of the rows of a file.
pub(in crate::load) struct Rows {
    reader: Reader,
    /// The names of the columns of a CSV file.
    header: StringRecord,
    header_line: u64,
    number: u64,
}

type Source = BufReader<Box<dyn Read + Send>>;

enum Reader {
    Csv { reader: Box<csv::Reader<Quotes<Source>>>, encoding: Encoding },
    Ids { lines: Source, line: u64 },
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
    Id(String),
    Members(Vec<(String, Box<RawValue>)>),
}

impl Rows {
    pub(super) fn new(file: Arc<File>, layout: Layout) -> Result<Self, ReadError> {
        let bytes = At::new(file, layout.start);
        let text: Box<dyn Read + Send> = match layout.encoding {
            Encoding::Utf8 => Box::new(bytes),
            Encoding::Windows1252 => Box::new(Decode::new(bytes, layout.line)),
        };
        let text = BufReader::with_capacity(64 << 10, text);
        let (mut header, mut header_line) = (StringRecord::new(), layout.line);
        let reader = match layout.form {
            Form::Csv => {
                let quotes = Quotes::new(text, layout.delimiter, layout.line);
                let mut builder = csv::ReaderBuilder::new();
                builder.flexible(true).has_headers(false).delimiter(layout.delimiter);
                let mut reader = Box::new(builder.from_reader(quotes));
                let mut cells = ByteRecord::new();
                reader.read_byte_record(&mut cells).map_err(from_csv)?;
                header_line = reader.get_mut().next_start().unwrap_or(layout.line);
                header = text_of(cells, 0, header_line, layout.encoding)?;
                Reader::Csv { reader, encoding: layout.encoding }
            }
            Form::Ids => Reader::Ids { lines: text, line: layout.line },
            Form::Json => Reader::Json(Objects::new(text)),
        };
        Ok(Self { reader, header, header_line, number: 0 })
    }

    pub(in crate::load) fn header(&self) -> &StringRecord {
        &self.header
    }

    pub(in crate::load) fn header_line(&self) -> u64 {
        self.header_line
    }

    pub(in crate::load) fn next(&mut self) -> Result<Option<Row>, ReadError> {
        // A row with a fault is counted: reading continues after it.
        self.number += 1;
        let number = self.number;
        let found = match &mut self.reader {
            Reader::Csv { reader, encoding } => {
                let mut cells = ByteRecord::new();
                if !reader.read_byte_record(&mut cells).map_err(from_csv)? {
                    return Ok(None);
                }
                let line = reader.get_mut().next_start().unwrap_or_default();
                let cells = text_of(cells, number, line, *encoding)?;
                let (expected, found) = (self.header.len(), cells.len());
                if expected != found {
                    let kind = FaultKind::width(expected, found);
                    return Err(Fault::new(Place::row(number, line), kind).into());
                }
                Some((line, Data::Cells(cells)))
            }
            Reader::Ids { lines, line } => next_id(lines, line, number)?,
            Reader::Json(objects) => {
                objects.next()?.map(|(line, Members(members))| (line, Data::Members(members)))
            }
        };
        Ok(found.map(|(line, data)| Row { number, line, data }))
    }
}

fn next_id(
    lines: &mut Source,
    line: &mut u64,
    number: u64,
) -> Result<Option<(u64, Data)>, ReadError> {
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = lines.take(MAX_ID_LINE).read_until(b'\n', &mut text);
        if read.map_err(ReadError::from_io)? == 0 {
            return Ok(None);
        }
        let here = *line;
        *line += 1;
        match str::from_utf8(text.trim_ascii()) {
            Ok("") => {}
            Ok(id) if is_id(id) => return Ok(Some((here, Data::Id(id.to_owned())))),
            _ => return Err(Fault::new(Place::row(number, here), FaultKind::NOT_ID).into()),
        }
    }
}

fn text_of(
    cells: ByteRecord,
    row: u64,
    line: u64,
    encoding: Encoding,
) -> Result<StringRecord, ReadError> {
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
fn from_csv(error: csv::Error) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReadError::from_io(error),
        _ => ReadError::nowhere(FaultKind::not_records("unreadable")),
    }
}

const MAX_ID_LINE: u64 = 64;
