//! Rows that failed, kept so that they can be mended and fed in again.

use std::fs::File;
use std::io::{self, Write};
use std::iter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use orgtoken_rest::{Object, Value};

use super::rows::{ERROR, Format, Source};
use crate::failure::Failure;
use crate::input::is_stdin;

/// The file of rows that failed. It is made when the first one does.
pub(super) struct Failed {
    path: PathBuf,
    format: Format,
    head: StringRecord,
    file: Option<File>,
    pub(super) number: u64,
}

impl Failed {
    /// Refuses a file that is there: it may hold rows that nobody has looked at yet.
    pub(super) fn new(
        path: Option<&PathBuf>,
        from: &Path,
        format: Format,
        head: StringRecord,
    ) -> Result<Self, Failure> {
        let path = path.cloned().unwrap_or_else(|| beside(from, format));
        if path.symlink_metadata().is_ok() {
            let hint = "look at the rows in it first, or name another file with `--failed`";
            let what = format!("`{}` exists, and nothing is overwritten", path.display());
            return Err(Failure::new("io.exists", Some(hint), what));
        }
        Ok(Self { path, format, head, file: None, number: 0 })
    }

    pub(super) fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Keeps a row with the reason beside it.
    pub(super) fn add(&mut self, source: &Source, reason: &str) -> Result<(), Failure> {
        self.number += 1;
        let mut text = Vec::new();
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                if self.format == Format::Csv {
                    text.extend(line(ERROR, self.head.iter().filter(|name| *name != ERROR)));
                }
                create(&self.path).map_err(|error| self.unwritable(&error))?
            }
        };
        match source {
            Source::Cells(cells) => text.extend(line(reason, self.own(cells))),
            Source::Line(line) => text.extend(with_reason(line, reason).into_bytes()),
        }
        file.write_all(&text).map_err(|error| self.unwritable(&error))?;
        self.file = Some(file);
        Ok(())
    }

    /// The cells without an older reason.
    fn own<'a>(&'a self, cells: &'a StringRecord) -> impl Iterator<Item = &'a str> {
        let head = self.head.iter().map(Some).chain(iter::repeat(None));
        cells.iter().zip(head).filter(|(_, name)| *name != Some(ERROR)).map(|(cell, _)| cell)
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        let what = format!("cannot write `{}`: {}", self.path.display(), error.kind());
        Failure::new("io.write", Some("name another file with `--failed`"), what)
    }
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// The reason comes first: in a row that is too short or too long, it stands under its head, too.
fn line<'a>(reason: &'a str, cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    writer.write_record(iter::once(reason).chain(cells)).expect("memory takes every row");
    writer.into_inner().expect("memory takes every row")
}

fn with_reason(line: &str, reason: &str) -> String {
    let mut object = serde_json::from_str::<Object>(line)
        .unwrap_or_else(|_| Object::from_iter([("_line".to_owned(), Value::from(line))]));
    object.insert(ERROR.to_owned(), Value::from(reason));
    format!("{}\n", Value::Object(object))
}

/// `accounts.failed.csv` for `accounts.csv`; `failed.csv` for standard input.
fn beside(from: &Path, format: Format) -> PathBuf {
    let ending = if format == Format::Csv { "csv" } else { "ndjson" };
    if is_stdin(from) {
        return PathBuf::from(format!("failed.{ending}"));
    }
    from.with_extension(format!("failed.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_stands_beside_the_other() {
        for (from, format, path) in [
            ("a/accounts.csv", Format::Csv, "a/accounts.failed.csv"),
            ("rows", Format::Ndjson, "rows.failed.ndjson"),
            ("-", Format::Csv, "failed.csv"),
        ] {
            assert_eq!(beside(Path::new(from), format), Path::new(path), "{from}");
        }
    }

    #[test]
    fn a_line_that_is_no_json_is_kept_as_it_is() {
        assert_eq!(with_reason("{x", "no"), "{\"_line\":\"{x\",\"_error\":\"no\"}\n");
        assert_eq!(
            with_reason("{\"a\":1,\"_error\":\"old\"}", "new"),
            "{\"a\":1,\"_error\":\"new\"}\n"
        );
    }
}
