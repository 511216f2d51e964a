//! A question that only a person at a terminal can answer.

use std::fs::File;
use std::io::{Read, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// Asks for the private key's passphrase, without showing it; `None` where there is no terminal, or
/// the person gives up.
pub(crate) fn passphrase() -> Option<Zeroizing<Vec<u8>>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
    (&terminal).write_all(b"Passphrase of the private key: ").ok()?;
    let line = {
        let _silence = Silence::on(&terminal)?;
        line(&terminal)
    };
    (&terminal).write_all(b"\n").ok()?;
    line
}

/// One line, without its end; `None` where it was interrupted or never ended.
fn line(mut from: impl Read) -> Option<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = [0];
    while line.len() < LONGEST && from.read(&mut byte).ok()? == 1 {
        match byte[0] {
            b'\n' => return Some(line),
            INTERRUPT => return None,
            other => line.push(other),
        }
    }
    None
}

/// A terminal that shows nothing of what is typed, until this is dropped.
///
/// Ctrl-C ends the line instead of the process, or the terminal would stay silent.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn on(terminal: &'a File) -> Option<Self> {
        let before = tcgetattr(terminal).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(terminal, OptionalActions::Flush, &silent).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Ctrl-C.
const INTERRUPT: u8 = 3;
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_its_end_or_not_at_all() {
        for (name, typed, expected) in [
            ("line", b"open sesame\nrest".as_slice(), Some(b"open sesame".as_slice())),
            ("empty", b"\n", Some(b"")),
            ("interrupted", b"open\x03\n", None),
            ("closed", b"open", None),
            ("endless", &[b'x'; LONGEST + 1], None),
        ] {
            assert_eq!(line(typed).as_deref().map(Vec::as_slice), expected, "{name}");
        }
    }
}
