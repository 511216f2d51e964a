//! The base64 of a PEM body, or of a key that lost its BEGIN and END lines.

use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::KeyError;
use super::detect;
use super::text::{Place, char_at};

/// Decodes base64 whatever its line breaks and indentation, and whether `=` ends it or not.
pub(super) fn decode(body: &[u8], place: Place) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut digits =
        Digits { digits: Zeroizing::new(Vec::with_capacity(body.len())), place, padded: false };
    for (index, line) in body.split(|&byte| byte == b'\n').enumerate() {
        if index > 0 {
            digits.place = Place { line: digits.place.line + 1, column: 1 };
        }
        digits.read(line)?;
    }
    digits.decode()
}

struct Digits {
    digits: Zeroizing<Vec<u8>>,
    place: Place,
    padded: bool,
}

impl Digits {
    fn read(&mut self, line: &[u8]) -> Result<(), KeyError> {
        let start = line.iter().take_while(|&byte| EDGES.contains(byte)).count();
        let end =
            line.iter().rposition(|byte| !EDGES.contains(byte)).map_or(start, |last| last + 1);
        for (index, &byte) in line.iter().enumerate().take(end).skip(start) {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if !self.padded => {
                    self.digits.push(byte);
                }
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

fn bytes(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; digits.len()]);
    let len = Base64Unpadded::decode(digits, bytes.as_mut_slice()).ok()?.len();
    bytes.truncate(len);
    Some(bytes)
}

/// What quoting and joining in mails, programs and tables leaves at the ends of a line.
const EDGES: &[u8] = b" \t\"'`,;>\\";
