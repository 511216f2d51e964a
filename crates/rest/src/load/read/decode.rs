use std::io::{self, Read};

use encoding_rs::WINDOWS_1252;

use crate::load::fault::{Fault, FaultKind, Place};

/// A reader that converts windows-1252 to UTF-8.
pub(super) struct Decode<R> {
    from: R,
    buffer: Box<[u8]>,
    /// Decoded text. The part that was not read yet begins at `start`.
    text: Vec<u8>,
    start: usize,
    line: u64,
}

impl<R: Read> Decode<R> {
    /// `line` is the number of the first line.
    pub(super) fn new(from: R, line: u64) -> Self {
        Self { from, buffer: vec![0; 32 << 10].into(), text: Vec::new(), start: 0, line }
    }

    /// Refuses the five bytes that are not assigned to a character: the file has another encoding.
    fn check(&mut self, read: usize) -> io::Result<()> {
        for byte in &self.buffer[..read] {
            match byte {
                b'\n' => self.line += 1,
                0x81 | 0x8d | 0x8f | 0x90 | 0x9d => {
                    let kind = FaultKind::encoding("windows-1252");
                    return Err(io::Error::other(Fault::new(Place::line(self.line), kind)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.start == self.text.len() {
            let read = self.from.read(&mut self.buffer)?;
            self.check(read)?;
            // Each character is one byte, so no piece ends within a character.
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&self.buffer[..read]);
            (self.text, self.start) = (text.into_owned().into_bytes(), 0);
        }
        let read = (&self.text[self.start..]).read(to)?;
        self.start += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Decode::new(bytes, 1).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn windows_1252_becomes_utf_8() {
        assert_eq!(
            decoded(b"M\xfcller \x80 \x96\r\n").unwrap(),
            "M\u{fc}ller \u{20ac} \u{2013}\r\n"
        );
        let long = b"\xe4".repeat(100_000);
        assert_eq!(decoded(&long).unwrap().chars().filter(|c| *c == '\u{e4}').count(), 100_000);
    }

    #[test]
    fn byte_without_a_character_is_refused_with_its_line() {
        let error = decoded(b"a\nb\n\x81").unwrap_err();
        assert_eq!(error.to_string(), "line 3: not windows-1252");
    }
}
