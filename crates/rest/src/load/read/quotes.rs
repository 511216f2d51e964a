use std::collections::VecDeque;
use std::io::{self, Read};

use super::MAX_RECORD;
use crate::load::fault::{Fault, FaultKind, Place};

/// A reader that refuses CSV which [RFC 4180] does not allow.
///
/// The `csv` crate accepts text after a closing quote, a quote inside an unquoted field, and a
/// quote that is never closed. One stray quote could change a value or swallow rows.
///
/// [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180#section-2
pub(super) struct Quotes<R> {
    from: R,
    delimiter: u8,
    state: State,
    line: u64,
    /// The line and column where the quoted field began.
    opened: (u64, usize),
    column: usize,
    /// Whether the last byte was `\r`: a `\n` then belongs to the same line end.
    after_return: bool,
    /// Whether the first line ended with `\r` alone; `None` before its end.
    is_mac: Option<bool>,
    /// The first lines of the rows that were passed on, at most one buffer of them.
    starts: VecDeque<u64>,
    /// The length of the row so far, in bytes.
    length: usize,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote in a quoted field: the end of the field, or the first of two quotes.
    Closed,
}

impl<R> Quotes<R> {
    /// `line` is the number of the first line.
    pub(super) fn new(from: R, delimiter: u8, line: u64) -> Self {
        Self {
            from,
            delimiter,
            state: State::FieldStart,
            line,
            opened: (line, 1),
            column: 1,
            after_return: false,
            is_mac: None,
            starts: VecDeque::new(),
            length: 0,
        }
    }

    /// Returns the first line of the next row, each time it is called. The count of the `csv` crate
    /// is off by one after empty lines and with `\r\n`.
    pub(super) fn next_start(&mut self) -> Option<u64> {
        self.starts.pop_front()
    }

    fn check(&mut self, byte: u8) -> Result<(), Fault> {
        let here = Place { column: Some(self.column), ..Place::line(self.line) };
        let is_end = byte == b'\n' || byte == b'\r';
        self.length += 1;
        if self.length > MAX_RECORD {
            // The `csv` crate would read the rest of the file into memory.
            let is_open = self.state == State::Quoted;
            let line = if is_open { self.opened.0 } else { self.line };
            return Err(Fault::new(Place::line(line), FaultKind::TOO_LONG));
        }
        let after_row = self.after_return && self.state != State::Quoted;
        if after_row && !is_end && !*self.is_mac.get_or_insert(true) {
            return Err(Fault::new(Place::line(self.line - 1), FaultKind::RETURN));
        }
        if byte == b'\n' && self.state != State::Quoted {
            self.is_mac.get_or_insert(false);
        }
        if !is_end && self.column == 1 && self.state == State::FieldStart {
            self.starts.push_back(self.line);
        }
        self.state = match (self.state, byte) {
            (_, 0) => return Err(Fault::new(here, FaultKind::not_records("binary data"))),
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Closed, b'"') => State::Quoted,
            (_, byte) if byte == self.delimiter => {
                self.column += 1;
                State::FieldStart
            }
            (_, _) if is_end => {
                (self.column, self.length) = (1, 0);
                State::FieldStart
            }
            (State::Closed, _) => {
                return Err(Fault::new(here, FaultKind::quote_text(self.opened.0)));
            }
            (State::FieldStart, b'"') => {
                self.opened = (self.line, self.column);
                State::Quoted
            }
            (State::Unquoted, b'"') => return Err(Fault::new(here, FaultKind::QUOTE_INSIDE)),
            (State::FieldStart | State::Unquoted, _) => State::Unquoted,
        };
        if is_end && !(byte == b'\n' && self.after_return) {
            self.line += 1;
        }
        self.after_return = byte == b'\r';
        Ok(())
    }

    fn end(&self) -> Result<(), Fault> {
        if self.state != State::Quoted {
            return Ok(());
        }
        let (line, column) = self.opened;
        let place = Place { column: Some(column), ..Place::line(line) };
        Err(Fault::new(place, FaultKind::QUOTE_OPEN))
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        let checked = match read {
            0 if !to.is_empty() => self.end(),
            _ => to[..read].iter().try_for_each(|byte| self.check(*byte)),
        };
        checked.map(|()| read).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        let mut sink = Vec::new();
        let read = Quotes::new(text.as_bytes(), b',', 1).read_to_end(&mut sink);
        read.map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn quotes_in_every_position() {
        const TEXT: &str = "text after the closing quote of a field that begins at line";
        const INSIDE: &str = "a quote inside a field that does not begin with a quote (RFC 4180)";
        const OPEN: &str = "a quote that is never closed (RFC 4180)";
        const RETURN: &str = "a carriage return in a field that has no quotes (RFC 4180)";
        for (name, text, fault) in [
            ("none", "a,b\n1,2\n", None),
            ("around", "\"a\",\"b\"\r\n\"1\",\"2\"\r\n", None),
            ("doubled", "a\n\"x \"\"y\"\" z\"\n\"\"\"\"\n\"\"\n", None),
            ("line break, comma inside", "a,b\n\"x\r\ny,\",2\n", None),
            ("at the very end", "a\n\"x\"", None),
            (
                "after the closing one",
                "a\n\"Acme\" GmbH\n",
                Some(format!("line 2, column 1: {TEXT} 2 (RFC 4180)")),
            ),
            (
                "backslash",
                "a\n\"Acme \\\"X\\\" GmbH\"\n",
                Some(format!("line 2, column 1: {TEXT} 2 (RFC 4180)")),
            ),
            ("in the middle", "a,b\n1,5\" pipe\n", Some(format!("line 2, column 2: {INSIDE}"))),
            ("at the end", "a\nx\"\n", Some(format!("line 2, column 1: {INSIDE}"))),
            ("after a blank", "a,b\n1, \"x\"\n", Some(format!("line 2, column 2: {INSIDE}"))),
            ("never closed", "a,b\n1,\"x\n2,y\n", Some(format!("line 2, column 2: {OPEN}"))),
            ("opened at the end", "a\n\"", Some(format!("line 2, column 1: {OPEN}"))),
            (
                "closed rows later",
                "a,b\n1,\"x\n2,y\n3,\"z\"\n",
                Some(format!("line 4, column 2: {TEXT} 2 (RFC 4180)")),
            ),
            (
                "old Mac line ends",
                "a\r1\r\"x\"y\r",
                Some(format!("line 3, column 1: {TEXT} 3 (RFC 4180)")),
            ),
            ("in the header", "a,\"b\n1,2\n", Some(format!("line 1, column 2: {OPEN}"))),
            ("return in quotes", "a\n\"x\ry\"\n", None),
            ("doubled returns", "a\r\r\nx\r\r\n", None),
            ("doubled returns below", "a\nx\r\r\ny\n", None),
            ("return at the end", "a\nx\r", None),
            ("return without quotes", "a\nx\ry\n", Some(format!("line 2: {RETURN}"))),
            ("return below CRLF", "a\r\n1\r\nx\ry\r\n", Some(format!("line 3: {RETURN}"))),
        ] {
            assert_eq!(checked(text).err(), fault, "{name}");
        }
    }

    proptest! {
        #[test]
        fn valid_csv_is_read_as_it_was_written(
            rows in vec(vec("[^\0\u{feff}]{0,8}|[\",\r\n;]{0,4}", 3..4), 1..5),
        ) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let text = writer.into_inner().unwrap();
            let quotes = Quotes::new(text.as_slice(), b',', 1);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(quotes);
            let read: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn accepted_text_has_quotes_in_pairs(text in "[a\",\n]{0,16}") {
            if checked(&text).is_ok() {
                prop_assert_eq!(text.matches('"').count() % 2, 0);
            }
        }
    }

    #[test]
    fn quote_that_is_never_closed_does_not_fill_the_memory() {
        let text = format!("a\n1\n\"{}", "x\n".repeat(MAX_RECORD / 2));
        assert_eq!(checked(&text).unwrap_err(), "line 3: the row is longer than 32 MiB");
    }

    #[test]
    fn nul_byte_is_binary_data() {
        assert_eq!(
            checked("a\n\0").unwrap_err(),
            "line 2, column 1: the file is binary data, not CSV or JSON"
        );
    }
}
