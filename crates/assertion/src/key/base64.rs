//! Base64 of a PEM body, or of a key without its BEGIN and END lines.

use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::KeyError;
use super::detect;
use super::pem::{Place, char_at};

/// Decodes base64 with any line breaks and indentation, with or without `=` at the end.
///
/// `place` is the position of `body` in the whole text.
pub(super) fn decode(body: &[u8], place: Place) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut is_padded = false;
    let mut at = place;
    for (index, byte) in body.iter().enumerate() {
        match byte {
            b'\n' => at = Place { line: at.line + 1, column: 0 },
            b'=' => is_padded = true,
            b' ' | b'\t' | 0x0b | 0x0c => {}
            0x80.. => {
                return Err(KeyError::NonAscii { line: at.line, found: char_at(body, index) });
            }
            digit if is_digit(digit) && !is_padded => digits.push(*digit),
            _ => return Err(KeyError::Character { line: at.line, column: at.column }),
        }
        at.column += 1;
    }
    match bytes(&digits) {
        Some(bytes) => Ok(bytes),
        // Bits are left over, mostly because the text was cut off. The DER header in the whole
        // bytes shows whether it was.
        None => {
            let quads = digits.len() / 4 * 4;
            detect::whole(&bytes(&digits[..quads]).unwrap_or_default())?;
            Err(KeyError::Character { line: at.line, column: at.column })
        }
    }
}

/// Replaces `+` and `/` with the digits of the URL-safe alphabet ([RFC 4648, Section 5]).
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

fn is_digit(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn bytes(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; digits.len()]);
    let len = Base64Unpadded::decode(digits, bytes.as_mut_slice()).ok()?.len();
    bytes.truncate(len);
    Some(bytes)
}
