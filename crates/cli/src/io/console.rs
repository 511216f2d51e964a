//! The output streams: results go to standard output, everything else to standard error.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use orgtoken_assertion::Diagnostic;
use serde::Serialize;

use crate::io::stderr;
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
        static ESCAPER: Mutex<Escaper> = Mutex::new(Escaper::new());
        let bytes = if self.is_terminal {
            let mut escaper = ESCAPER.lock().unwrap_or_else(PoisonError::into_inner);
            Cow::Owned(escaper.escaped(bytes))
        } else {
            Cow::Borrowed(bytes)
        };
        let mut out = io::stdout().lock();
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(OutputError)
    }

    /// Writes the data of another program as it is. On a terminal, the last line is ended.
    pub(crate) fn foreign(&self, bytes: &[u8]) -> Result<(), OutputError> {
        self.data(bytes)?;
        let open_line = !bytes.is_empty() && !bytes.ends_with(b"\n");
        if open_line && self.is_terminal { self.data(b"\n") } else { Ok(()) }
    }

    /// Writes a result that is a secret, with a warning if a terminal shows it.
    pub(crate) fn secret(&self, text: &str, what: &str) -> Result<(), OutputError> {
        if self.is_terminal {
            self.warn(&format_args!("{what} is visible in this terminal and its scrollback"));
        }
        self.data(text.as_bytes())
    }

    /// Writes the result as one JSON document on one line.
    pub(crate) fn document(&self, value: &impl Serialize) -> Result<(), OutputError> {
        let mut bytes = serde_json::to_vec(value).expect("results are JSON");
        bytes.push(b'\n');
        self.data(&bytes)
    }

    /// Prints a warning. The command continues.
    pub(crate) fn warn(&self, warning: &dyn fmt::Display) {
        self.remark(&format_args!("warning: {}", printable(&warning.to_string())));
    }

    /// Prints a line for the user. With `--json` it is left out.
    pub(crate) fn remark(&self, remark: &dyn fmt::Display) {
        if !self.json {
            stderr::write(format!("{remark}\n").as_bytes());
        }
    }
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
