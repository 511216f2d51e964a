//! Where records go, page by page.

use orgtoken_rest::{Object, Value};

use super::Format;
use super::columns::{Columns, plain};
use super::select::Selected;
use super::table::table;
use crate::console::Console;
use crate::failure::Failure;

/// Prints pages of records in one form.
pub(super) struct Sink<'a> {
    format: Format,
    selected: Selected,
    /// Those of the first page, once it has come.
    columns: Option<Columns>,
    records: u64,
    warned: bool,
    console: &'a Console,
}

impl<'a> Sink<'a> {
    pub(super) fn new(format: Format, soql: &str, console: &'a Console) -> Self {
        let selected = Selected::of(soql);
        Self { format, selected, columns: None, records: 0, warned: false, console }
    }

    /// The records; of `SELECT COUNT()`, the number that it has in their place.
    pub(super) fn counted(&self, records: Vec<Object>, total: u64) -> Vec<Object> {
        if !self.selected.count {
            return records;
        }
        vec![Object::from_iter([("COUNT()".to_owned(), Value::from(total))])]
    }

    pub(super) fn page(&mut self, records: Vec<Object>) -> Result<(), Failure> {
        let mut text = Vec::new();
        match self.format {
            Format::Csv => self.csv(&records, &mut text),
            Format::Table => self.table(&records, &mut text),
            Format::Json | Format::Ndjson => self.json(records, &mut text),
        }
        Ok(self.console.data(&text)?)
    }

    pub(super) fn end(&self, records: u64) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                let nothing = if self.records == 0 { "[" } else { "" };
                self.console.data(format!("{nothing}]\n").as_bytes())?;
            }
            Format::Table if !self.selected.count => {
                let things = if records == 1 { "record" } else { "records" };
                self.console.remark(&format_args!("{records} {things}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn csv(&mut self, records: &[Object], out: &mut Vec<u8>) {
        let first = self.columns.is_none();
        let columns = self.columns(records);
        if columns.is_empty() {
            return;
        }
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let written = if first { writer.write_record(columns.names()) } else { Ok(()) };
        let mut rows = records.iter();
        let written =
            written.and_then(|()| rows.try_for_each(|row| writer.write_record(columns.row(row))));
        written.expect("memory takes rows of one length");
    }

    fn table(&mut self, records: &[Object], out: &mut Vec<u8>) {
        let columns = self.columns(records);
        if columns.is_empty() {
            return;
        }
        let head: Vec<_> = columns.names().collect();
        let rows: Vec<_> = records.iter().map(|record| columns.row(record).collect()).collect();
        out.extend(table(&head, &rows).into_bytes());
    }

    fn json(&mut self, records: Vec<Object>, out: &mut Vec<u8>) {
        let list = self.format == Format::Json;
        for record in records {
            if list {
                out.extend(if self.records == 0 { b"[".as_slice() } else { b",\n" });
            }
            out.extend(plain(Value::Object(record)).to_string().into_bytes());
            if !list {
                out.push(b'\n');
            }
            self.records += 1;
        }
    }

    /// The first page decides. What a later one has beyond that is not lost without a word.
    fn columns(&mut self, records: &[Object]) -> &Columns {
        let columns = self.columns.get_or_insert_with(|| Columns::of(records, &self.selected));
        if !self.warned && records.iter().any(|record| columns.misses(record)) {
            self.warned = true;
            self.console.warn(
                &"some records have fields for which the first page has no column: \
                                use `--format json` to see them",
            );
        }
        columns
    }
}
