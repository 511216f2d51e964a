//! The base64 of a PEM body, or of a key that lost its BEGIN and END lines.

use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::KeyError;
use super::detect;
use super::margin;
use super::text::{Place, char_at};

/// Decodes base64 whatever its line breaks and indentation, and whether `=` ends it or not.
pub(super) fn decode(body: &[u8], place: Place) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    decode_with_margin(body, place, b"")
}

/// The same, where each line but the first may have the like of `margin` before it.
pub(super) fn decode_with_margin(
    body: &[u8],
    place: Place,
    margin: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let lines = || body.split(|&byte| byte == b'\n');
    let has_margin = |line: &[u8]| line.is_empty() || margin::of(line, margin).is_some();
    let has_quotes = margin.iter().any(|byte| QUOTES.contains(byte));
    let margin = if !has_quotes && lines().skip(1).all(has_margin) { margin } else { b"" };
    let mut digits =
        Digits { digits: Zeroizing::new(Vec::with_capacity(body.len())), place, padded: false };
    for (index, line) in lines().enumerate() {
        let mut start = 0;
        if index > 0 {
            start = margin::of(line, margin).unwrap_or(0);
            digits.place = Place { line: digits.place.line + 1, column: 1 + start };
        }
        digits.read(&line[start..])?;
    }
    digits.decode()
}

/// Makes `+` and `/` what they are in URLs ([RFC 4648, Section 5]).
///
/// [RFC 4648, Section 5]: https://www.rfc-editor.org/rfc/rfc4648#section-5
pub(super) fn into_url_alphabet(digits: &mut [u8]) {
    for digit in digits {
        *digit = match digit {
            b'+' => b'-',
            b'/' => b'_',
            _ => *digit,
        };
    }
}

/// A text of nothing but base64 as in URLs, in the other alphabet.
pub(super) fn without_url_alphabet(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let is_digit = |byte: &u8| {
        byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"-_=".contains(byte)
    };
    if !text.iter().all(is_digit) {
        return None;
    }
    let mut standard = Zeroizing::new(text.to_vec());
    for digit in standard.iter_mut() {
        *digit = match digit {
            b'-' => b'+',
            b'_' => b'/',
            _ => *digit,
        };
    }
    Some(standard)
}

struct Digits {
    digits: Zeroizing<Vec<u8>>,
    place: Place,
    padded: bool,
}

impl Digits {
    /// Quotes part a line as line breaks part the text, and what joins strings is left out.
    fn read(&mut self, line: &[u8]) -> Result<(), KeyError> {
        // Nearly every line is nothing but digits.
        if !self.padded && line.iter().all(is_digit) {
            self.digits.extend_from_slice(line);
            self.place.column += line.len() + 1;
            return Ok(());
        }
        let is_quote = |byte: &u8| QUOTES.contains(byte);
        let has_quotes = line.iter().any(is_quote);
        for part in line.split(is_quote) {
            if !has_quotes || part.iter().any(|byte| !JOINTS.contains(byte)) {
                self.read_part(part)?;
            }
            self.place.column += part.len() + 1;
        }
        Ok(())
    }

    fn read_part(&mut self, line: &[u8]) -> Result<(), KeyError> {
        let start = line.iter().take_while(|&byte| EDGES.contains(byte)).count();
        let end =
            line.iter().rposition(|byte| !EDGES.contains(byte)).map_or(start, |last| last + 1);
        for (index, &byte) in line.iter().enumerate().take(end).skip(start) {
            match byte {
                digit if is_digit(&digit) && !self.padded => self.digits.push(digit),
                b'=' => self.padded = true,
                b' ' | b'\t' | 0x0b | 0x0c => (),
                0x80.. => {
                    let found = char_at(line, index);
                    return Err(KeyError::NonAscii { line: self.place.line, found });
                }
                _ => return Err(self.refused(index)),
            }
        }
        Ok(())
    }

    fn decode(self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match bytes(&self.digits) {
            Some(bytes) => Ok(bytes),
            // Bits are left over, mostly since the text was cut off: the whole bytes can tell.
            None => {
                let quads = self.digits.len() / 4 * 4;
                detect::whole(&bytes(&self.digits[..quads]).unwrap_or_default())?;
                Err(self.refused(0))
            }
        }
    }

    fn refused(&self, index: usize) -> KeyError {
        KeyError::Character { line: self.place.line, column: self.place.column + index }
    }
}

fn is_digit(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn bytes(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; digits.len()]);
    let len = Base64Unpadded::decode(digits, bytes.as_mut_slice()).ok()?.len();
    bytes.truncate(len);
    Some(bytes)
}

/// What mails, programs and tables leave at the ends of a line.
const EDGES: &[u8] = b" \t,;>\\|$";
/// What stands between strings in programs.
const JOINTS: &[u8] = b" \t,;\\+.&()[]";
const QUOTES: &[u8] = b"\"'`";
