//! The CSV of a job.

use csv::{ByteRecord, QuoteStyle, Reader, ReaderBuilder, Terminator, Writer, WriterBuilder};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::reply::{self, Reply};

/// The separators of a job's CSV, in both directions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) delimiter: Delimiter,
    pub(super) line_ending: LineEnding,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Delimiter {
    Backquote,
    Caret,
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Tab,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

impl Delimiter {
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Backquote => b'`',
            Self::Caret => b'^',
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl LineEnding {
    fn terminator(self) -> Terminator {
        match self {
            Self::Lf => Terminator::Any(b'\n'),
            Self::Crlf => Terminator::CRLF,
        }
    }

    /// Whether the header line of this CSV ends like this. A header without an end does.
    pub(super) fn ends_header_of(self, data: &[u8]) -> bool {
        match data.iter().position(|&byte| byte == b'\n') {
            Some(end) => data[..end].ends_with(b"\r") == (self == Self::Crlf),
            None => true,
        }
    }
}

impl Format {
    /// Reads rows, the first of which is a row like the others.
    pub(super) fn reader(self, data: &[u8]) -> Reader<&[u8]> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter.byte()).has_headers(false).flexible(true);
        builder.from_reader(data)
    }

    /// Writes rows, with quotes around each value.
    pub(super) fn writer(self) -> Writer<Vec<u8>> {
        let mut builder = WriterBuilder::new();
        builder.delimiter(self.delimiter.byte()).terminator(self.line_ending.terminator());
        builder.quote_style(QuoteStyle::Always).flexible(true).from_writer(Vec::new())
    }
}

/// Reads the next row. The parser accepts any bytes, so only the end has no row.
pub(super) fn next(reader: &mut Reader<&[u8]>, row: &mut ByteRecord) -> bool {
    reader.read_byte_record(row).unwrap_or(false)
}

/// Writes a row. A writer to the memory does not fail.
pub(super) fn write<'a>(writer: &mut Writer<Vec<u8>>, values: impl IntoIterator<Item = &'a [u8]>) {
    writer.write_record(values).expect("the memory takes every row");
}

pub(super) fn reply(writer: Writer<Vec<u8>>) -> Reply {
    let csv = writer.into_inner().expect("the memory takes every row");
    reply::with_body(StatusCode::OK, "text/csv", csv)
}
