//! The output of a query, page by page.

use orgtoken_rest::{Columns, Object, Org, Value, is_count, without_attributes};

use super::table::{csv, table};
use super::{Args, Format};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::counted;

/// A printer of pages in one format.
pub(super) struct Sink<'a> {
    args: &'a Args,
    pub(super) format: Format,
    soql: &'a str,
    /// The columns of the query, or those of its first page.
    columns: Option<Columns>,
    /// The number of printed records; `None` before the first page.
    records: Option<u64>,
    warned: bool,
    console: &'a Console,
}

impl<'a> Sink<'a> {
    pub(super) fn new(args: &'a Args, format: Format, soql: &'a str, console: &'a Console) -> Self {
        Self { args, format, soql, columns: None, records: None, warned: false, console }
    }

    /// Gets the columns of the query, if the format has columns. After an error, the first page
    /// determines them.
    pub(super) async fn ask_columns(&mut self, org: &Org) {
        if matches!(self.format, Format::Csv | Format::Table) {
            self.columns = org.columns(self.soql, self.args.tooling).await.unwrap_or_default();
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
        let is_kept = self.format == Format::Json && self.console.filters();
        self.records.filter(|_| !is_kept)
    }

    pub(super) fn page(&mut self, records: Vec<Object>) -> Result<(), Failure> {
        let number = records.len() as u64;
        match self.format {
            Format::Csv => self.console.data(&self.csv(&records))?,
            Format::Table => self.console.text(&self.table(&records))?,
            Format::Json => self.console.json_data(&self.json(records))?,
            Format::Ndjson if self.console.filters() => return self.filtered(records),
            Format::Ndjson => self.console.data(lines(records).concat().as_bytes())?,
        }
        self.records = Some(self.records.unwrap_or(0) + number);
        Ok(())
    }

    /// Prints the result of the filter for each line. A filter that fails in the middle of a page
    /// leaves the records before it printed.
    fn filtered(&mut self, records: Vec<Object>) -> Result<(), Failure> {
        let printed = self.records.get_or_insert(0);
        for line in lines(records) {
            self.console.json_data(line.as_bytes())?;
            self.console.end_json()?;
            *printed += 1;
        }
        Ok(())
    }

    /// Ends the output. An incomplete JSON array is not closed, so that parsers reject it.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if self.records.is_none() {
            self.page(Vec::new())?;
        }
        match (self.format, self.records.unwrap_or(0)) {
            (Format::Json, 0) => self.console.json_data(b"[]\n")?,
            (Format::Json, _) => self.console.json_data(b"]\n")?,
            (Format::Table, _) if is_count(self.soql) => {}
            (Format::Table, records) => self.console.remark(&counted(records, "record")),
            _ => {}
        }
        Ok(self.console.end_json()?)
    }

    fn csv(&mut self, records: &[Object]) -> Vec<u8> {
        let (args, is_first) = (self.args, self.records.is_none());
        let columns = self.columns(records);
        if columns.is_empty() {
            return Vec::new();
        }
        let mark = if is_first && args.bom { "\u{feff}" } else { "" };
        let header = is_first.then(|| columns.names());
        let rows = records.iter().map(|record| columns.row(record));
        [mark.as_bytes(), &csv(header.into_iter().chain(rows), args.delimiter.unwrap_or(b','))]
            .concat()
    }

    fn table(&mut self, records: &[Object]) -> String {
        let look = self.console.look();
        let columns = self.columns(records);
        if columns.is_empty() {
            return String::new();
        }
        let rows: Vec<_> = records.iter().map(|record| columns.row(record)).collect();
        table(columns.names(), rows, &columns.numeric(records), look)
    }

    fn json(&self, records: Vec<Object>) -> Vec<u8> {
        let mut list = Vec::new();
        for record in records {
            let is_first = list.is_empty() && self.records.unwrap_or(0) == 0;
            list.extend(if is_first { b"[".as_slice() } else { b",\n" });
            list.extend(json(record).into_bytes());
        }
        list
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

fn lines(records: Vec<Object>) -> Vec<String> {
    records.into_iter().map(|record| json(record) + "\n").collect()
}

fn json(record: Object) -> String {
    without_attributes(Value::Object(record)).to_string()
}
