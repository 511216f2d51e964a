//! The output streams: results go to standard output, everything else to standard error.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use orgtoken_assertion::Diagnostic;
use serde::Serialize;

use crate::io::jq::{Jq, JqError, Output};
use crate::io::json::Indenter;
use crate::io::look::{self, Look};
use crate::io::progress::{self, Progress};
use crate::io::stderr;
use crate::io::table::{self, Row};
use crate::io::text::{Escaper, printable};

/// The output streams of a command.
#[derive(Clone, Copy)]
pub(crate) struct Console {
    /// Whether results and errors are JSON documents. Then there are no remarks.
    json: bool,
    /// Whether standard output is a terminal.
    is_terminal: bool,
    /// The filter of JSON results.
    jq: Option<&'static Jq>,
}

impl Console {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, is_terminal: io::stdout().is_terminal(), jq: None }
    }

    /// The same streams with a filter of JSON results.
    pub(crate) fn filtered(self, jq: Option<&'static Jq>) -> Self {
        Self { jq, ..self }
    }

    /// Whether the result is to be JSON.
    pub(crate) fn json(&self) -> bool {
        self.json || self.filters()
    }

    /// Whether a JSON result is filtered.
    pub(crate) fn filters(&self) -> bool {
        self.jq.is_some()
    }

    /// Writes the result, and flushes it.
    ///
    /// Control characters are escaped on a terminal, since a stranger may have written the data of a
    /// record. A pipe or a file gets the bytes as they are.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), OutputError> {
        self.write(&self.escaped(bytes))
    }

    /// Writes a piece of JSON. With a filter it is kept until the end of the document.
    pub(crate) fn json_data(&self, piece: &[u8]) -> Result<(), OutputError> {
        if !self.filters() {
            return self.indented(piece);
        }
        DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(piece);
        Ok(())
    }

    /// Ends a document of pieces.
    pub(crate) fn end_json(&self) -> Result<(), OutputError> {
        let Some(jq) = self.jq else { return Ok(()) };
        let document =
            std::mem::take(&mut *DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner));
        // A call without an answer has nothing to filter.
        if document.trim_ascii().is_empty() {
            return Ok(());
        }
        for output in jq.outputs(&document)? {
            match output? {
                Output::Text(text) => self.data(format!("{text}\n").as_bytes())?,
                Output::Json(json) => self.indented(format!("{json}\n").as_bytes())?,
            }
        }
        Ok(())
    }

    /// Writes JSON: indented on a terminal, and as it is to a pipe or a file.
    fn indented(&self, bytes: &[u8]) -> Result<(), OutputError> {
        static INDENTER: Mutex<Indenter> = Mutex::new(Indenter::new());
        let bytes = self.escaped(bytes);
        if !self.is_terminal {
            return self.write(&bytes);
        }
        let mut indenter = INDENTER.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&indenter.indented(&bytes, self.look()))
    }

    /// Writes a text of this program, with colours. What comes from outside was made `printable`.
    pub(crate) fn text(&self, text: &str) -> Result<(), OutputError> {
        self.write(text.as_bytes())
    }

    /// Writes names, values and remarks in aligned columns.
    pub(crate) fn table(&self, rows: impl IntoIterator<Item = Row>) -> Result<(), OutputError> {
        self.text(&table::table(rows, self.look()))
    }

    /// The look of standard output.
    pub(crate) fn look(&self) -> Look {
        Look::stdout()
    }

    fn escaped<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        static ESCAPER: Mutex<Escaper> = Mutex::new(Escaper::new());
        if !self.is_terminal {
            return Cow::Borrowed(bytes);
        }
        let mut escaper = ESCAPER.lock().unwrap_or_else(PoisonError::into_inner);
        Cow::Owned(escaper.escaped(bytes))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), OutputError> {
        let mut out = io::stdout().lock();
        let mut write = || out.write_all(bytes).and_then(|()| out.flush());
        let written = if self.is_terminal { progress::suspended(write) } else { write() };
        written.map_err(OutputError::Write)
    }

    /// Ends the last line of the data of another program, on a terminal.
    pub(crate) fn end_line(&self) -> Result<(), OutputError> {
        if self.is_terminal { self.write(b"\n") } else { Ok(()) }
    }

    /// Writes a result that is a secret, with a warning if a terminal shows it.
    pub(crate) fn secret(&self, text: &str, what: &str) -> Result<(), OutputError> {
        self.warn_of_secret(what);
        self.data(text.as_bytes())
    }

    /// The same for JSON.
    pub(crate) fn secret_json(&self, json: &str, what: &str) -> Result<(), OutputError> {
        self.warn_of_secret(what);
        self.json_data(json.as_bytes())?;
        self.end_json()
    }

    fn warn_of_secret(&self, what: &str) {
        if self.is_terminal {
            self.warn(&format_args!("{what} is visible in this terminal and its scrollback"));
        }
    }

    /// Writes the result as one JSON document: on one line, or indented on a terminal.
    pub(crate) fn document(&self, value: &impl Serialize) -> Result<(), OutputError> {
        let mut bytes = serde_json::to_vec(value).expect("results are JSON");
        bytes.push(b'\n');
        self.json_data(&bytes)?;
        self.end_json()
    }

    /// Returns the progress of this command.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(!self.json())
    }

    /// Returns the same for a command that prints rows, which show the progress on a terminal.
    pub(crate) fn progress_of_rows(&self) -> Progress {
        Progress::new(!self.json() && !self.is_terminal)
    }

    /// Writes the result as a document if it is to be JSON, else as a text of this program.
    pub(crate) fn result(
        &self,
        document: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), OutputError> {
        if self.json() { self.document(document) } else { self.text(&text()) }
    }

    /// Prints a warning. The command continues.
    pub(crate) fn warn(&self, warning: &dyn fmt::Display) {
        if !self.json {
            stderr::write(warning_line(&warning.to_string()).as_bytes());
        }
    }

    /// Prints a command to copy, on one line however long it is. With `--json` it is left out.
    pub(crate) fn command(&self, label: &str, command: &str) {
        if !self.json {
            stderr::write(look::command(Look::stderr(), label, command).as_bytes());
        }
    }

    /// Prints a line for the user. With `--json` it is left out.
    pub(crate) fn remark(&self, remark: &dyn fmt::Display) {
        if !self.json {
            stderr::write(Look::stderr().wrapped_lines(&remark.to_string()).as_bytes());
        }
    }
}

/// Returns a warning for standard error.
pub(crate) fn warning_line(warning: &str) -> String {
    let look = Look::stderr();
    let first = look.paint(look::WARNING, "warning:") + " ";
    look.wrapped(&first, "         ", &printable(warning))
}

/// The pieces of a document that is filtered as a whole.
static DOCUMENT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The result cannot be printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// `--jq` fails on it.
    #[error(transparent)]
    Filter(#[from] JqError),
    /// The pipe is broken, or the disk is full.
    #[error("cannot write to standard output")]
    Write(#[from] io::Error),
}

impl OutputError {
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Diagnostic for OutputError {
    fn code(&self) -> &str {
        match self {
            Self::Filter(error) => error.code(),
            Self::Write(_) => "io.stdout",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Filter(error) => error.hint(),
            Self::Write(_) => None,
        }
    }
}
