//! The output of a query, page by page.

use orgtoken_rest::{Columns, Object, Org, Value, is_count, without_attributes};

use super::table::table;
use super::{Format, Style};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::counted;

/// A printer of pages in one format.
pub(super) struct Sink<'a> {
    style: Style,
    soql: &'a str,
    /// The columns of the query, or those of its first page.
    columns: Option<Columns>,
    /// The number of printed records; `None` before the first page.
    records: Option<u64>,
    warned: bool,
    console: &'a Console,
}

impl<'a> Sink<'a> {
    pub(super) fn new(style: Style, soql: &'a str, console: &'a Console) -> Self {
        let columns = None;
        Self { style, soql, columns, records: None, warned: false, console }
    }

    /// Gets the columns of the query, if the format has columns. After an error, the first page
    /// determines them.
    pub(super) async fn ask_columns(&mut self, org: &Org, tooling: bool) {
        if matches!(self.style.format, Format::Csv | Format::Table) {
            self.columns = org.columns(self.soql, tooling).await.unwrap_or_default();
        }
    }

    /// Returns the records, or the number of a `SELECT COUNT()` as a record.
    pub(super) fn counted(&self, records: Vec<Object>, total: u64) -> Vec<Object> {
        if !is_count(self.soql) {
            return records;
        }
        vec![Object::from_iter([("COUNT()".to_owned(), Value::from(total))])]
    }

    /// The number of printed records; `None` before the first page. A filtered list is printed at its
    /// end.
    pub(super) fn printed(&self) -> Option<u64> {
        let is_kept = self.style.format == Format::Json && self.console.filters();
        self.records.filter(|_| !is_kept)
    }

    pub(super) fn page(&mut self, records: Vec<Object>) -> Result<(), Failure> {
        let (mut data, mut text, number) = (Vec::new(), String::new(), records.len() as u64);
        match self.style.format {
            Format::Csv => self.csv(&records, &mut data),
            Format::Table => self.table(&records, &mut text),
            Format::Json | Format::Ndjson => self.json(records, &mut data),
        }
        match self.style.format {
            Format::Json => self.console.json_data(&data)?,
            Format::Table => self.console.text(&text)?,
            Format::Ndjson if self.console.filters() => return self.filtered(&data),
            Format::Csv | Format::Ndjson => self.console.data(&data)?,
        }
        self.records = Some(self.records.unwrap_or(0) + number);
        Ok(())
    }

    /// Prints the result of the filter for each line. A filter that fails in the middle of a page
    /// leaves the records before it printed.
    fn filtered(&mut self, lines: &[u8]) -> Result<(), Failure> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.console.json_data(line)?;
            self.console.end_json()?;
            *self.records.get_or_insert(0) += 1;
        }
        self.records.get_or_insert(0);
        Ok(())
    }

    /// Ends the output. An incomplete JSON array is not closed, so that parsers reject it.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if self.records.is_none() {
            self.page(Vec::new())?;
        }
        match (self.style.format, self.records.unwrap_or(0)) {
            (Format::Json, 0) => self.console.json_data(b"[]\n")?,
            (Format::Json, _) => self.console.json_data(b"]\n")?,
            (Format::Table, _) if is_count(self.soql) => {}
            (Format::Table, records) => self.console.remark(&counted(records, "record")),
            _ => {}
        }
        Ok(self.console.end_json()?)
    }

    fn csv(&mut self, records: &[Object], out: &mut Vec<u8>) {
        let is_first = self.records.is_none();
        let style = self.style;
        let columns = self.columns(records);
        if columns.is_empty() {
            return;
        }
        if is_first && style.bom {
            out.extend("\u{feff}".as_bytes());
        }
        let mut builder = csv::WriterBuilder::new();
        builder.terminator(csv::Terminator::CRLF).delimiter(style.delimiter);
        let mut writer = builder.from_writer(out);
        let header = is_first.then(|| columns.names());
        let rows = records.iter().map(|record| columns.row(record));
        let written = header.into_iter().chain(rows).try_for_each(|row| writer.write_record(row));
        written.expect("writing rows of one length to memory does not fail");
    }

    fn table(&mut self, records: &[Object], out: &mut String) {
        let look = self.console.look();
        let columns = self.columns(records);
        if columns.is_empty() {
            return;
        }
        let rows: Vec<_> = records.iter().map(|record| columns.row(record)).collect();
        let right = columns.numeric(records);
        out.push_str(&table(columns.names(), rows, &right, look));
    }

    fn json(&mut self, records: Vec<Object>, out: &mut Vec<u8>) {
        let is_list = self.style.format == Format::Json;
        let mut is_first = self.records.unwrap_or(0) == 0;
        for record in records {
            if is_list {
                out.extend(if is_first { b"[".as_slice() } else { b",\n" });
            }
            out.extend(without_attributes(Value::Object(record)).to_string().into_bytes());
            if !is_list {
                out.push(b'\n');
            }
            is_first = false;
        }
    }

    /// Returns the columns of the query. If its text does not name all of them, the first page
    /// determines them, and later values without a column cause a warning.
    fn columns(&mut self, records: &[Object]) -> &Columns {
        let of_records = || Columns::from_records(self.soql, records);
        let columns = self.columns.get_or_insert_with(of_records);
        if !self.warned && records.iter().any(|record| columns.lacks(record)) {
            self.warned = true;
            let what = "some values have no column";
            self.console.warn(&format_args!("{what}: `--format json` shows them"));
        }
        columns
    }
}
