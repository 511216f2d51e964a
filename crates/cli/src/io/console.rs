//! The output streams: results go to standard output, everything else to standard error.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use orgtoken_assertion::Diagnostic;
use serde::Serialize;

use crate::io::json::Indenter;
use crate::io::look::{self, Look};
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
}

impl Console {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, is_terminal: io::stdout().is_terminal() }
    }

    /// Whether the result is to be JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Writes the result, and flushes it.
    ///
    /// Control characters are escaped on a terminal, since a stranger may have written the data of a
    /// record. A pipe or a file gets the bytes as they are.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), OutputError> {
        write(&self.escaped(bytes))
    }

    /// Writes a piece of JSON: indented on a terminal, and as it is to a pipe or a file.
    pub(crate) fn json_data(&self, bytes: &[u8]) -> Result<(), OutputError> {
        static INDENTER: Mutex<Indenter> = Mutex::new(Indenter::new());
        let bytes = self.escaped(bytes);
        if !self.is_terminal {
            return write(&bytes);
        }
        let mut indenter = INDENTER.lock().unwrap_or_else(PoisonError::into_inner);
        write(&indenter.indented(&bytes, self.look()))
    }

    /// Writes a text of this program, with colours. What comes from outside was made `printable`.
    pub(crate) fn text(&self, text: &str) -> Result<(), OutputError> {
        write(text.as_bytes())
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

    /// Ends the last line of the data of another program, on a terminal.
    pub(crate) fn end_line(&self) -> Result<(), OutputError> {
        if self.is_terminal { write(b"\n") } else { Ok(()) }
    }

    /// Writes a result that is a secret, with a warning if a terminal shows it.
    pub(crate) fn secret(&self, text: &str, what: &str) -> Result<(), OutputError> {
        self.warn_of_secret(what);
        self.data(text.as_bytes())
    }

    /// The same for JSON.
    pub(crate) fn secret_json(&self, json: &str, what: &str) -> Result<(), OutputError> {
        self.warn_of_secret(what);
        self.json_data(json.as_bytes())
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
        self.json_data(&bytes)
    }

    /// Prints a warning. The command continues.
    pub(crate) fn warn(&self, warning: &dyn fmt::Display) {
        if !self.json {
            stderr::write(warning_line(&warning.to_string()).as_bytes());
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

fn write(bytes: &[u8]) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(OutputError)
}

/// Standard output cannot be written: the pipe is broken, or the disk is full.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(crate) struct OutputError(#[source] io::Error);

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl OutputError {
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl Diagnostic for OutputError {
    fn code(&self) -> &str {
        "io.stdout"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        None
    }
}
