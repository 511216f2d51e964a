use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::fault::{CheckError, Fault};
use crate::files::is_same;

mod decode;
mod form;
mod json;
mod quotes;
mod rows;

pub(super) use json::Members;
pub(super) use rows::{Data, Row, Rows};

/// A file of records. It is read twice: once to check it, once to send it.
#[derive(Debug)]
pub struct RecordFile {
    pub(super) file: Arc<File>,
    pub(super) layout: Layout,
    stamp: (u64, SystemTime),
}

/// Options that override the detection of the format.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The form; default: detected from the content.
    pub form: Option<Form>,
    /// The delimiter of a CSV file; default: detected from the header.
    pub delimiter: Option<u8>,
    /// The encoding; default: UTF-8. A byte order mark overrides it.
    pub encoding: Encoding,
}

/// The forms of a record file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// RFC 4180: a header, and a row for each record.
    Csv,
    /// One id on each line.
    Ids,
    /// An array, `{"records": […]}`, or one object after another.
    Json,
}

impl Form {
    /// `csv`, `ids` or `json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ids => "ids",
            Self::Json => "json",
        }
    }
}

/// A text encoding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Windows-1252, a superset of Latin-1, which Excel uses for CSV in Western Europe.
    Windows1252,
}

impl Encoding {
    /// `utf-8` or `windows-1252`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// The format of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    pub(super) form: Form,
    pub(super) delimiter: u8,
    pub(super) encoding: Encoding,
    /// Whether there is a byte order mark.
    pub(super) mark: bool,
    /// The offset of the header or the first record, after the mark and Excel's `sep=;`.
    start: u64,
    /// The number of the line at `start`.
    pub(super) line: u64,
}

impl RecordFile {
    /// Opens a file and detects its format.
    ///
    /// A file that begins with `[` or `{` is JSON. A file in which every line is an id is a list of
    /// ids. Anything else is CSV, with `;` or tabs as delimiter only if the header has no comma.
    /// Workbooks, HTML, UTF-16 and other formats are refused by name.
    pub fn open(path: &Path, options: ReadOptions) -> Result<Self, CheckError> {
        Self::from_file(File::open(path)?, options)
    }

    /// Like [`open`](Self::open), for an open file. A pipe must be copied first: see [`spool`].
    ///
    /// [`spool`]: RecordFile::spool
    pub fn from_file(file: File, options: ReadOptions) -> Result<Self, CheckError> {
        let stamp = stamp(&file)?;
        let file = Arc::new(file);
        let layout = form::decide(&file, options)?;
        Ok(Self { file, layout, stamp })
    }

    /// Copies the content of a pipe to an empty file, so that it can be checked before it is sent.
    pub fn spool(
        mut from: impl Read,
        mut to: File,
        options: ReadOptions,
    ) -> Result<Self, CheckError> {
        io::copy(&mut from, &mut to).map_err(CheckError::Spool)?;
        to.rewind()?;
        Self::from_file(to, options)
    }

    /// The form of the file.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// The delimiter of a CSV file.
    pub fn delimiter(&self) -> u8 {
        self.layout.delimiter
    }

    /// The encoding of the file: the given one, or UTF-8 if there is a byte order mark.
    pub fn encoding(&self) -> Encoding {
        self.layout.encoding
    }

    /// Reads the rows from the first to the last.
    pub(super) fn rows(&self) -> Result<Rows, CheckError> {
        Rows::new(Arc::clone(&self.file), self.layout)
    }

    /// The SHA-256 of the whole file.
    pub(super) fn hash(&self) -> io::Result<[u8; 32]> {
        let mut hash = Sha256::new();
        let (mut from, mut buffer) = (At::new(Arc::clone(&self.file), 0), vec![0; 64 << 10]);
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok(hash.finalize().into()),
                read => hash.update(&buffer[..read]),
            }
        }
    }

    /// Whether the file is unchanged since it was opened.
    pub(super) fn is_unchanged(&self) -> io::Result<bool> {
        Ok(stamp(&self.file)? == self.stamp)
    }

    /// Whether `path` is this file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.file.metadata().is_ok_and(|own| is_same(path.metadata(), &own))
    }
}

/// Returns the length and the modification time of a file.
fn stamp(file: &File) -> io::Result<(u64, SystemTime)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified()?))
}

/// A reader of a file with an offset of its own.
#[derive(Debug)]
pub(super) struct At {
    file: Arc<File>,
    offset: u64,
    /// The error that ended the reading. After a gap, the rest of a row would look like a row.
    failed: Option<io::ErrorKind>,
}

impl At {
    pub(super) fn new(file: Arc<File>, offset: u64) -> Self {
        Self { file, offset, failed: None }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let read = self.file.read_at(buffer, self.offset);
        let read = read.inspect_err(|error| self.failed = Some(error.kind()))?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Unwraps a fault that one of our readers passed through another crate's reader.
fn from_io(error: io::Error) -> CheckError {
    match error.downcast::<Fault>() {
        Ok(fault) => fault.into(),
        Err(error) => CheckError::Io(error),
    }
}

/// The longest record, in bytes. It has to fit into the body of one call.
const MAX_RECORD: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn reading_does_not_continue_after_an_error() {
        let mut text = tempfile::tempfile().unwrap();
        text.write_all(b"a row").unwrap();
        let mut at = At::new(Arc::new(File::open("/").unwrap()), 0);
        let kind = at.read(&mut [0; 8]).unwrap_err().kind();
        at.file = Arc::new(text);
        assert_eq!(at.read(&mut [0; 8]).unwrap_err().kind(), kind);
    }
}
