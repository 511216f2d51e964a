//! Questions to the user at a terminal.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::thread;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::io::look::Look;
use crate::io::progress;

/// Asks for the passphrase of the private key, without echo. Returns `None` without a terminal.
pub(crate) fn passphrase() -> Result<Option<Zeroizing<Vec<u8>>>, Interrupted> {
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else {
        return Ok(None);
    };
    let mut terminal = &terminal;
    let Some(echo_off) = EchoOff::on(terminal) else { return Ok(None) };
    let _ = terminal.write_all(b"Passphrase of the private key: ");
    let line = secret_line(terminal);
    drop(echo_off);
    let _ = terminal.write_all(b"\n");
    line.map(Some)
}

/// Asks for one line. Returns `None` if the streams are not interactive.
pub(crate) fn line(question: &str) -> Result<Option<String>, Interrupted> {
    if !is_interactive() {
        return Ok(None);
    }
    progress::hide();
    // Standard error is a terminal here. The answer is typed after a blank.
    let shown = Look::stderr().wrapped_lines(question);
    let _ = io::stderr().lock().write_all(format!("{} ", shown.trim_end()).as_bytes());
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(read) if read > 0 => Ok(Some(answer.trim().to_owned())),
        _ => Err(Interrupted),
    }
}

/// Asks a yes-or-no question. Returns `default` for an empty answer, and if the streams are not
/// interactive.
pub(crate) fn yes(question: &str, default: bool) -> Result<bool, Interrupted> {
    let answer = line(question)?.unwrap_or_default();
    Ok(if answer.is_empty() { default } else { is_yes(&answer) })
}

/// Whether the answer is yes, and not only begins with the same letter.
pub(crate) fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.to_lowercase().as_str())
}

/// Whether standard input and standard error are terminals.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Waits for this time. If the streams are interactive, Enter ends the wait.
pub(crate) fn pause(max: Duration) -> Result<(), Interrupted> {
    let Some(timeout) = Timespec::try_from(max).ok().filter(|_| is_interactive()) else {
        thread::sleep(max);
        return Ok(());
    };
    let stdin = io::stdin();
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
        Ok(1..) => match stdin.lock().read_line(&mut String::new()) {
            Ok(1..) => Ok(()),
            _ => Err(Interrupted),
        },
        _ => Ok(()),
    }
}

/// Reads one line, without its end. A terminal returns no more than a line.
fn secret_line(mut from: impl Read) -> Result<Zeroizing<Vec<u8>>, Interrupted> {
    let mut line = Zeroizing::new(vec![0; MAX_LINE]);
    let read = from.read(&mut line).map_err(|_| Interrupted)?;
    line.truncate(read);
    if line.pop() == Some(b'\n') { Ok(line) } else { Err(Interrupted) }
}

/// The user pressed Ctrl-C or closed the input at a prompt.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

impl Diagnostic for Interrupted {
    fn code(&self) -> &str {
        "interrupted"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// Turns off the echo of a terminal, until it is dropped.
///
/// Ctrl-C ends the line instead of the process, which would leave the terminal without echo. The
/// crate `rpassword` does that.
struct EchoOff<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> EchoOff<'a> {
    fn on(terminal: &'a File) -> Option<Self> {
        let before = tcgetattr(terminal).ok()?;
        let mut without_echo = before.clone();
        without_echo.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        without_echo.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(terminal, OptionalActions::Flush, &without_echo).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Ctrl-C.
const CTRL_C: u8 = 3;
const MAX_LINE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_without_an_end_is_an_interruption() {
        for (name, typed, expected) in [
            ("line", b"open sesame\n".as_slice(), Some(b"open sesame".as_slice())),
            ("empty", b"\n", Some(b"")),
            ("interrupted", b"open\x03", None),
            ("closed", b"open", None),
            ("endless", &[b'x'; MAX_LINE + 1], None),
        ] {
            assert_eq!(secret_line(typed).ok().as_deref().map(Vec::as_slice), expected, "{name}");
        }
    }
}
