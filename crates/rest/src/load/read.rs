use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use orgtoken_assertion::Diagnostic;
use sha2::{Digest, Sha256};

use super::fault::{Fault, FaultKind, Place};

mod decode;
mod form;
mod json;
mod quotes;
mod rows;

pub(super) use rows::{Data, Row, Rows};

/// A file of records. It is read twice: once to check it, once to send it.
#[derive(Debug)]
pub struct RecordFile {
    pub(super) file: Arc<File>,
    pub(super) layout: Layout,
    stamp: Stamp,
}

/// How a file is read, where the rules are to be overridden.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the file is; by default its content decides.
    pub form: Option<Form>,
    /// What separates the cells of a CSV file; by default its header decides.
    pub delimiter: Option<u8>,
    /// How the text is encoded; UTF-8 by default. A byte order mark overrides it.
    pub encoding: Encoding,
}

/// What a file of records is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// RFC 4180: a header, and a row for each record.
    Csv,
    /// An id on each line, and nothing else.
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

/// How text is encoded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Windows-1252, a superset of Latin-1: what Excel calls CSV in Western Europe.
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

/// What was decided about a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    pub(super) form: Form,
    pub(super) delimiter: u8,
    pub(super) encoding: Encoding,
    /// Whether there is a byte order mark.
    pub(super) mark: bool,
    /// Where the header or the first record begins: after the mark and Excel's `sep=;`.
    start: u64,
    /// The number of the line there.
    pub(super) line: u64,
}

impl RecordFile {
    /// Opens a file and decides what it is.
    ///
    /// The first byte `[` or `{` is JSON. A file in which every line is an id is a list of ids.
    /// Anything else is CSV, whose cells are separated by `;` or tabs only where the header has no
    /// comma. Workbooks, HTML, UTF-16 and other things are refused and named.
    pub fn open(path: &Path, options: ReadOptions) -> Result<Self, ReadError> {
        Self::from_file(File::open(path)?, options)
    }

    /// The same, of a file that is open already. A pipe has to be spooled first: [`spool`].
    ///
    /// [`spool`]: RecordFile::spool
    pub fn from_file(file: File, options: ReadOptions) -> Result<Self, ReadError> {
        let stamp = Stamp::of(&file)?;
        let file = Arc::new(file);
        let layout = form::decide(&file, options)?;
        Ok(Self { file, layout, stamp })
    }

    /// Copies what comes from a pipe to an empty file, so that it can be checked before it is sent.
    pub fn spool(
        mut from: impl Read,
        mut to: File,
        options: ReadOptions,
    ) -> Result<Self, ReadError> {
        io::copy(&mut from, &mut to).map_err(ReadError::Spool)?;
        to.rewind()?;
        Self::from_file(to, options)
    }

    /// What the file was found to be.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// What separates the cells of a CSV file.
    pub fn delimiter(&self) -> u8 {
        self.layout.delimiter
    }

    /// How the file is encoded: as named, or UTF-8 where there is a byte order mark.
    pub fn encoding(&self) -> Encoding {
        self.layout.encoding
    }

    /// Reads the rows from the first to the last.
    pub(super) fn rows(&self) -> Result<Rows, ReadError> {
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

    /// Whether nobody has written to the file since it was opened.
    pub(super) fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Stamp::of(&self.file)? == self.stamp)
    }

    /// Whether `path` is this very file, so that nothing is written over it.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        match (path.metadata(), self.file.metadata()) {
            (Ok(other), Ok(own)) => identity(other) == identity(own),
            _ => false,
        }
    }
}

/// Length and time of the last change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Stamp(u64, i64, i64);

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self(metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
    }
}

/// A file that is read from a place on, whoever else reads it.
#[derive(Debug)]
pub(super) struct At {
    file: Arc<File>,
    offset: u64,
}

impl At {
    pub(super) fn new(file: Arc<File>, offset: u64) -> Self {
        Self { file, offset }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Why a file of records cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not a file of records, or not a valid one.
    #[error("{0}")]
    Fault(Box<Fault>),
    /// The system says no.
    #[error("cannot read the record file")]
    Io(#[from] io::Error),
    /// There is no room for what comes from a pipe.
    #[error("cannot save standard input to a temporary file")]
    Spool(#[source] io::Error),
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl Diagnostic for ReadError {
    fn code(&self) -> &str {
        match self {
            Self::Fault(_) => Fault::CODE,
            Self::Io(_) => "io.read",
            Self::Spool(_) => "io.write",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Fault(fault) => fault.hint(),
            Self::Io(_) => Some("check who may read the file".into()),
            Self::Spool(_) => Some("set TMPDIR to a folder with room, or use a file".into()),
        }
    }
}

impl ReadError {
    fn nowhere(kind: FaultKind) -> Self {
        Fault::new(Place::default(), kind).into()
    }

    /// A fault that a reader below another crate's reader found comes back as its `io::Error`.
    fn from_io(error: io::Error) -> Self {
        match error.downcast::<Fault>() {
            Ok(fault) => fault.into(),
            Err(error) => Self::Io(error),
        }
    }
}
