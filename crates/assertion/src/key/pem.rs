//! PEM blocks in pasted text ([RFC 7468]), for keys and for certificates.
//!
//! [RFC 7468]: https://www.rfc-editor.org/rfc/rfc7468

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::KeyError;

/// Normalizes line breaks: those of other systems, and a literal `\n` from variables, JSON and
/// YAML, even if it was escaped twice. Drops a byte order mark.
pub(super) fn normalized(input: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut rest = input.strip_prefix(BYTE_ORDER_MARK).unwrap_or(input);
    // The text never outgrows this capacity, so no unwiped copy is left behind.
    let mut text = Zeroizing::new(Vec::with_capacity(rest.len()));
    while let Some(&byte) = rest.first() {
        let escapes = rest.iter().take_while(|&&byte| byte == b'\\').count();
        let len = match &rest[escapes..] {
            [b'n', ..] if escapes > 0 => {
                text.push(b'\n');
                escapes + 1
            }
            [b'r', ..] if escapes > 0 => {
                text.push(b' ');
                escapes + 1
            }
            // A run of backslashes is copied as a whole: to count it again for each one would be
            // quadratic.
            _ if escapes > 0 => {
                text.extend_from_slice(&rest[..escapes]);
                escapes
            }
            [b'\r', b'\n', ..] => {
                text.push(b'\n');
                2
            }
            _ => {
                text.push(if byte == b'\r' { b'\n' } else { byte });
                1
            }
        };
        rest = &rest[len..];
    }
    text
}

/// A PEM block: the content between a BEGIN line and its END line.
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    pub(super) body: &'a [u8],
    /// The position of the body's first byte.
    pub(super) place: Place,
    /// Whether there is an END line.
    pub(super) ended: bool,
}

/// A line and a column, both counted from 1.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    pub(super) fn of(text: &[u8], at: usize) -> Self {
        let before = &text[..at];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let begins_char = |byte: &&u8| **byte & 0xc0 != 0x80;
        Self { line, column: 1 + before[start..].iter().filter(begins_char).count() }
    }
}

/// Returns the PEM blocks. The text around them is ignored.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block<'_>>, KeyError> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(begin) = find(text, at, BEGIN) {
        let (label, body_at) = label(text, begin + BEGIN.len())?;
        let end = find(text, body_at, DASHES).unwrap_or(text.len());
        let ended = text[end..].starts_with(END);
        at = end;
        if ended {
            let (end_label, after) = self::label(text, end + END.len())?;
            if end_label != label {
                return Err(KeyError::Boundary { line: Place::of(text, end).line });
            }
            at = after;
        } else {
            // Up to the end of the line with the dashes, unless they start a block.
            let rest = text[end..].iter().position(|&byte| byte == b'\n');
            let limit = rest.map_or(text.len(), |len| end + len);
            check_boundary_lines(
                if text[end..].starts_with(BEGIN) { &text[..end] } else { &text[..limit] },
                body_at,
            )?;
        }
        blocks.push(Block {
            label,
            body: &text[body_at..end],
            place: Place::of(text, body_at),
            ended,
        });
    }
    Ok(blocks)
}

/// Returns the label that starts at `at`, and the position after its dashes.
fn label(text: &[u8], at: usize) -> Result<(&str, usize), KeyError> {
    let line = || Place::of(text, at).line;
    let len = text[at..].iter().take_while(|&&byte| byte != b'-' && byte != b'\n').count();
    if let Some(odd) = text[at..at + len].iter().position(|byte| !byte.is_ascii()) {
        return Err(KeyError::NonAscii { line: line(), found: char_at(text, at + odd) });
    }
    let label = core::str::from_utf8(&text[at..at + len]).ok();
    let Some(label) = label.filter(|_| text[at + len..].starts_with(DASHES)) else {
        return Err(KeyError::Boundary { line: line() });
    };
    Ok((label, at + len + DASHES.len()))
}

/// Returns an error for the first line from `at` on that is almost a BEGIN or END line.
pub(super) fn check_boundary_lines(text: &[u8], at: usize) -> Result<(), KeyError> {
    let mut start = at;
    for line in text[at..].split(|&byte| byte == b'\n') {
        let says =
            |word: &[u8]| line.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        // The base64 of one key in a few hundred thousand spells both words.
        if !line.trim_ascii().iter().all(is_base64)
            && (says(b"BEGIN") || says(b"END ") || says(b"END\xc2\xa0"))
            && (says(b"KEY") || says(b"CERTIFICATE"))
        {
            let line_number = Place::of(text, start).line;
            return Err(match line.iter().position(|byte| !byte.is_ascii()) {
                Some(at) => KeyError::NonAscii { line: line_number, found: char_at(line, at) },
                None => KeyError::Boundary { line: line_number },
            });
        }
        start += line.len() + 1;
    }
    Ok(())
}

/// Returns the character that starts at `at`.
pub(super) fn char_at(text: &[u8], at: usize) -> char {
    let chunk = text[at..].utf8_chunks().next();
    chunk.and_then(|chunk| chunk.valid().chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the position of `word` in the text, searched from `from`.
pub(super) fn find(text: &[u8], from: usize, word: &[u8]) -> Option<usize> {
    let (first, others) = word.split_first()?;
    let mut at = from;
    loop {
        at += text[at..].iter().position(|byte| byte == first)? + 1;
        if text[at..].starts_with(others) {
            return Some(at - 1);
        }
    }
}

const BEGIN: &[u8] = b"-----BEGIN ";
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const DASHES: &[u8] = b"-----";
const END: &[u8] = b"-----END ";
