use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use orgtoken_assertion::UnixTime;

use super::cell::quoted;
use super::read::{Data, Encoding, Form, RecordFile, Row};
use super::record::Prepared;
use super::report::{Outcome, RowResult};
use super::send::LoadError;
use super::time_stamp;

/// The files for rows, by outcome. Each can be loaded again: columns whose name begins with `_` are
/// not sent.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Outputs {
    /// Rows that were done, with their ids.
    pub success: Option<Output>,
    /// Rows that failed, with the reason.
    pub failed: Option<Output>,
    /// Rows that were not sent because the load ended early. This is a new file, since a resumed
    /// load, which sends them, removes it. If the name is in use, a number is added.
    pub not_sent: Option<PathBuf>,
    /// Rows of unknown outcome.
    pub unknown: Option<Output>,
    /// Rows whose job ended before they were processed.
    pub unprocessed: Option<Output>,
}

impl Outputs {
    /// New files next to the input for rows that fail, that are not sent or not processed, or whose
    /// outcome is unknown: `accounts.failed-20261128-224500.csv`. Without an input, as for rows from
    /// a pipe, they are in the current folder.
    pub fn beside(input: Option<&Path>, form: Form, now: UnixTime) -> Self {
        let stem = input.map(|input| {
            let mut stem = input.with_extension("").into_os_string();
            stem.push(".");
            stem
        });
        let (stem, stamp) = (stem.unwrap_or_default(), time_stamp(now));
        let ending = if form == Form::Json { "ndjson" } else { "csv" };
        let fresh = |what: &str| {
            let mut name = stem.clone();
            name.push(format!("{what}-{stamp}.{ending}"));
            PathBuf::from(name)
        };
        Self {
            success: None,
            failed: Some(Output::Fresh(fresh("failed"))),
            not_sent: Some(fresh("not-sent")),
            unknown: Some(Output::Fresh(fresh("unknown"))),
            unprocessed: Some(Output::Fresh(fresh("unprocessed"))),
        }
    }
}

/// A file to be written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Output {
    /// A file that is appended to, or created. A resumed load uses it.
    Append(PathBuf),
    /// A new file, created with the first row. If the name is in use, a number is added.
    Fresh(PathBuf),
    /// A file that is replaced when the load starts, even if no row is written.
    Replace(PathBuf),
}

impl Output {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Append(path) | Self::Fresh(path) | Self::Replace(path) => path,
        }
    }
}

/// The files of rows of a load, one for each kind of outcome that is written.
pub(super) struct OutputFiles {
    files: Vec<OutputFile>,
    not_sent: Option<PathBuf>,
    style: Style,
}

/// The files of rows by their outcomes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileKind {
    Done,
    Failed,
    NotSent,
    Unknown,
    Unprocessed,
}

impl FileKind {
    fn of(result: &RowResult) -> Self {
        match result.outcome {
            Outcome::Failed(_) => Self::Failed,
            Outcome::Unknown => Self::Unknown,
            Outcome::Unprocessed => Self::Unprocessed,
            Outcome::Created | Outcome::Deleted | Outcome::Updated | Outcome::Upserted => {
                Self::Done
            }
        }
    }

    /// The columns before those of the input.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Done => &["_row", "_id", "_outcome"],
            Self::Failed => &["_row", "_error"],
            Self::NotSent | Self::Unknown | Self::Unprocessed => &["_row"],
        }
    }
}

impl OutputFiles {
    pub(super) fn open(outputs: Outputs, style: Style) -> Result<Self, LoadError> {
        let Outputs { success, failed, not_sent, unknown, unprocessed } = outputs;
        let mut files = Vec::new();
        for (kind, output) in [
            (FileKind::Done, success),
            (FileKind::Failed, failed),
            (FileKind::Unknown, unknown),
            (FileKind::Unprocessed, unprocessed),
        ] {
            if let Some(output) = output {
                let mut file = OutputFile::new(output, kind, &style);
                // A file that is replaced never shows rows of an earlier run.
                if !matches!(file.output, Output::Fresh(_)) {
                    file.file().map(drop).map_err(|error| file.error(error))?;
                }
                files.push(file);
            }
        }
        Ok(Self { files, not_sent, style })
    }

    /// Writes rows to the files of their outcomes, and syncs these to disk.
    pub(super) fn write(
        &mut self,
        rows: &[(Row, Prepared)],
        results: &[RowResult],
    ) -> Result<(), LoadError> {
        for file in &mut self.files {
            let kind = file.kind;
            let own = rows.iter().zip(results).filter(|(_, result)| FileKind::of(result) == kind);
            let own = own.map(|((row, _), result)| (row, own_cells(result)));
            file.write(own).and_then(|()| file.sync()).map_err(|error| file.error(error))?;
        }
        Ok(())
    }

    /// Creates the files for these results that do not exist yet. Returns whether there were any.
    pub(super) fn create_for(&mut self, results: &[RowResult]) -> Result<bool, LoadError> {
        let mut is_new = false;
        for file in self.files.iter_mut().filter(|file| file.open.is_none()) {
            if results.iter().any(|result| FileKind::of(result) == file.kind) {
                file.file().map(drop).map_err(|error| file.error(error))?;
                is_new = true;
            }
        }
        Ok(is_new)
    }

    /// The absolute paths and the lengths of the regular files that are open. Those of earlier runs
    /// are complete.
    pub(super) fn lengths(&mut self) -> Result<Vec<(PathBuf, u64)>, LoadError> {
        let mut lengths = Vec::new();
        for file in &mut self.files {
            lengths.extend(file.length().map_err(|error| file.error(error))?);
        }
        Ok(lengths)
    }

    /// The path of a file to which this run has written a row.
    pub(super) fn used(&self, kind: FileKind) -> Option<PathBuf> {
        let file = self.files.iter().find(|file| file.kind == kind && file.used)?;
        Some(file.path().to_owned())
    }

    /// Returns the file of rows that were not sent.
    pub(super) fn not_sent(&mut self) -> Option<OutputFile> {
        let output = Output::Fresh(self.not_sent.take()?);
        Some(OutputFile::new(output, FileKind::NotSent, &self.style))
    }
}

/// The values of the columns before those of the input.
fn own_cells(result: &RowResult) -> Vec<String> {
    let RowResult { row, id, outcome } = result;
    let mut cells = vec![row.to_string()];
    if outcome.is_done() {
        cells.extend([id.clone().unwrap_or_default(), outcome.name().to_owned()]);
    }
    cells.extend(outcome.reason());
    cells
}

/// A file of rows in the form of the input.
#[derive(Debug)]
pub(super) struct OutputFile {
    output: Output,
    kind: FileKind,
    style: Style,
    open: Option<(PathBuf, File)>,
    /// Whether a row was written in this run.
    used: bool,
}

/// The format of the input, which the outputs share.
#[derive(Clone, Debug)]
pub(super) struct Style {
    form: Form,
    delimiter: u8,
    mark: bool,
    header: StringRecord,
}

impl Style {
    pub(super) fn of(file: &RecordFile, header: StringRecord) -> Self {
        let layout = file.layout;
        // With a byte order mark, the same command with `encoding` reads the output as UTF-8.
        let mark = layout.mark || layout.encoding != Encoding::Utf8;
        Self { form: layout.form, delimiter: layout.delimiter, mark, header }
    }

    fn is_csv(&self) -> bool {
        self.form != Form::Json
    }
}

impl OutputFile {
    fn new(output: Output, kind: FileKind, style: &Style) -> Self {
        Self { output, kind, style: style.clone(), open: None, used: false }
    }

    pub(super) fn error(&self, source: io::Error) -> LoadError {
        LoadError::Output { path: self.path().to_owned(), source }
    }

    /// The path of the file, or of the file to create.
    pub(super) fn path(&self) -> &Path {
        self.open.as_ref().map_or_else(|| self.output.path(), |(path, _)| path)
    }

    /// Writes rows, each with the values of the additional columns.
    pub(super) fn write<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a Row, Vec<String>)>,
    ) -> io::Result<()> {
        let mut text = Vec::new();
        for (row, own) in rows {
            self.append(&mut text, row, &own);
        }
        if text.is_empty() {
            return Ok(());
        }
        let file = self.file()?;
        let end = if file.metadata()?.is_file() { Some(file.stream_position()?) } else { None };
        if let Err(error) = file.write_all(&text) {
            // A partial row would be read as a different one.
            if let Some(end) = end {
                file.set_len(end)?;
                file.seek(SeekFrom::Start(end))?;
            }
            return Err(error);
        }
        self.used = true;
        Ok(())
    }

    fn length(&mut self) -> io::Result<Option<(PathBuf, u64)>> {
        match &mut self.open {
            Some((path, file)) if file.metadata()?.is_file() => {
                Ok(Some((std::path::absolute(path)?, file.stream_position()?)))
            }
            _ => Ok(None),
        }
    }

    /// Syncs the file to disk, if it is a regular file.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        match &self.open {
            Some((_, file)) if file.metadata()?.is_file() => file.sync_data(),
            _ => Ok(()),
        }
    }

    /// Removes an incomplete new file.
    pub(super) fn discard(self) {
        if let Some((path, _)) = self.open {
            let _ = fs::remove_file(path);
        }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.open.is_none() {
            self.open = Some(self.create()?);
        }
        Ok(&mut self.open.as_mut().expect("it was opened above").1)
    }

    fn create(&self) -> io::Result<(PathBuf, File)> {
        let mut options = File::options();
        options.write(true).mode(0o600);
        let (path, mut file) = match &self.output {
            Output::Fresh(path) => fresh(path, &mut options)?,
            Output::Replace(path) => {
                (path.clone(), options.create(true).truncate(true).open(path)?)
            }
            Output::Append(path) => {
                let mut file = options.read(true).create(true).truncate(false).open(path)?;
                if end_line(&mut file)? {
                    return Ok((path.clone(), file));
                }
                (path.clone(), file)
            }
        };
        if let Err(error) = file.write_all(&self.head()) {
            if matches!(self.output, Output::Fresh(_)) {
                let _ = fs::remove_file(&path);
            }
            return Err(error);
        }
        Ok((path, file))
    }

    fn head(&self) -> Vec<u8> {
        let mut head = if self.style.mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        if self.style.is_csv() {
            let header = self.style.header.iter().filter(|name| !OWN.contains(name));
            self.record(&mut head, self.kind.columns().iter().copied().chain(header));
        }
        head
    }

    fn append(&self, text: &mut Vec<u8>, row: &Row, own: &[String]) {
        let own_cells = own.iter().map(String::as_str);
        match &row.data {
            Data::Cells(cells) => {
                let named = self.style.header.iter().zip(cells);
                let cells = named.filter(|(name, _)| !OWN.contains(name)).map(|(_, cell)| cell);
                self.record(text, own_cells.chain(cells));
            }
            Data::Members(members) => {
                let row = format!("{}:{}", quoted("_row"), own[0]);
                let own = self.kind.columns().iter().zip(own).skip(1);
                let own = own.map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
                let members = members.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
                let members =
                    members.map(|(name, value)| format!("{}:{}", quoted(name), value.get()));
                let all: Vec<_> = [row].into_iter().chain(own).chain(members).collect();
                // One line for each record: only blanks between the members are lost.
                text.extend_from_slice(format!("{{{}}}\n", all.join(",")).as_bytes());
            }
        }
    }

    fn record<'a>(&self, text: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
        let mut builder = csv::WriterBuilder::new();
        builder.terminator(csv::Terminator::CRLF).delimiter(self.style.delimiter).flexible(true);
        let mut writer = builder.from_writer(text);
        writer.write_record(cells).expect("writing to memory does not fail");
        writer.flush().expect("writing to memory does not fail");
    }
}

/// Creates a new file: `x.csv`, or else `x-2.csv`, and so on.
pub(super) fn fresh(path: &Path, options: &mut OpenOptions) -> io::Result<(PathBuf, File)> {
    let (stem, ending) = (path.file_stem().unwrap_or_default(), path.extension());
    for number in 1.. {
        let mut name = stem.to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        if let Some(ending) = ending {
            name.push(".");
            name.push(ending);
        }
        let path = path.with_file_name(name);
        match options.create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (path, file)),
        }
    }
    unreachable!("there is a name for every number")
}

/// Seeks to the end of a file and ends its last line. `false` if the file is empty.
fn end_line(file: &mut File) -> io::Result<bool> {
    if !file.metadata()?.is_file() || file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(true)
}

/// The columns that outputs add, which an input may have from an earlier load.
const OWN: [&str; 4] = ["_row", "_id", "_outcome", "_error"];
