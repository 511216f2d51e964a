//! The CSV of a job.

use bytes::Bytes;
use csv::{ByteRecord, Reader, ReaderBuilder};
use http::{HeaderValue, StatusCode, header};
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
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::Crlf => b"\r\n",
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

    /// Adds a row, with quotes around each value.
    pub(super) fn write<'a>(self, csv: &mut Vec<u8>, values: impl IntoIterator<Item = &'a [u8]>) {
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                csv.push(self.delimiter.byte());
            }
            csv.push(b'"');
            for &byte in value {
                if byte == b'"' {
                    csv.push(b'"');
                }
                csv.push(byte);
            }
            csv.push(b'"');
        }
        csv.extend(self.line_ending.bytes());
    }
}

/// Reads the next row. The parser accepts any bytes, so only the end has no row.
pub(super) fn next(reader: &mut Reader<&[u8]>, row: &mut ByteRecord) -> bool {
    reader.read_byte_record(row).unwrap_or(false)
}

pub(super) fn reply(csv: Vec<u8>) -> Reply {
    let mut reply = reply::empty(StatusCode::OK);
    *reply.body_mut() = Bytes::from(csv);
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    reply
}
