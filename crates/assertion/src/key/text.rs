//! Text as people paste it, made into text that can be searched, and its PEM blocks.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::KeyError;

/// Takes off what editors, shells, JSON, HTML, forms and mails put on: a byte order mark, kinds of
/// line breaks, and escapes such as `\n`, `\u003d`, `&#10;`, `%0A` and `=3D`.
pub(super) fn normalised(input: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut rest = input.strip_prefix(BYTE_ORDER_MARK).unwrap_or(input);
    let is_form = find(rest, 0, BEGIN_IN_FORM).is_some();
    // It never grows beyond the input, so that no unwiped copy is left behind.
    let mut text = Zeroizing::new(Vec::with_capacity(rest.len()));
    loop {
        let plain = rest.iter().take_while(|byte| is_plain(byte)).count();
        text.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let Some((byte, len)) = next(rest) else { break text };
        text.push(if is_form && rest[0] == b'+' { b' ' } else { byte });
        rest = &rest[len..];
    }
}

/// What stands for itself wherever no escape has begun: nearly all of a key.
fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b' ')
}

/// The next byte of the text, and how many bytes of the input it takes.
fn next(rest: &[u8]) -> Option<(u8, usize)> {
    let escapes = rest.iter().take_while(|&&byte| byte == b'\\').count();
    Some(match &rest[escapes..] {
        [b'r', b'\\', b'n', ..] if escapes > 0 => (b'\n', escapes + 3),
        [b'n' | b'r', ..] if escapes > 0 => (b'\n', escapes + 1),
        [b't', ..] if escapes > 0 => (b' ', escapes + 1),
        [quoted @ (b'/' | b'"' | b'\''), ..] if escapes > 0 => (*quoted, escapes + 1),
        [b'u', b'0', b'0', high @ b'0'..=b'7', low, ..]
            if escapes > 0 && low.is_ascii_hexdigit() =>
        {
            ((hex(*high) << 4) | hex(*low), escapes + 5)
        }
        // A shell's line continuation.
        [b'\r', b'\n', ..] => (b'\n', escapes + 2),
        [b'\r' | b'\n', ..] => (b'\n', escapes + 1),
        _ if escapes == 0 => encoded(rest).unwrap_or((*rest.first()?, 1)),
        // A run of them is taken at once: to look at each anew would take long.
        _ => (b'\\', escapes),
    })
}

/// What stands for one byte in a URL, in HTML or XML, or in a mail, none of which is base64.
fn encoded(rest: &[u8]) -> Option<(u8, usize)> {
    let (byte, len) = match rest {
        [b'%', high @ b'0'..=b'7', low, ..] if low.is_ascii_hexdigit() => {
            ((hex(*high) << 4) | hex(*low), 3)
        }
        [b'=', b'3', b'D', ..] => (b'=', 3),
        [b'&', b'#', digits @ ..] => {
            let len = digits.iter().take(LONGEST_REFERENCE).position(|&byte| byte == b';')?;
            let digits = core::str::from_utf8(&digits[..len]).ok()?;
            let byte = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u8::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            (byte.ok().filter(u8::is_ascii)?, "&#;".len() + len)
        }
        // A tag: mostly `<br>`.
        [b'<', b'/' | b'a'..=b'z', tag @ ..] => {
            (b'\n', "<?>".len() + tag.iter().take(LONGEST_TAG).position(|&byte| byte == b'>')?)
        }
        _ => return None,
    };
    Some((if byte == b'\r' { b'\n' } else { byte }, len))
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// What stands between a BEGIN line and its END line.
pub(super) struct Block<'a> {
    /// What stands before BEGIN in its line.
    pub(super) margin: &'a [u8],
    pub(super) label: &'a str,
    pub(super) body: &'a [u8],
    /// The place of the body's first byte.
    pub(super) place: Place,
    /// Whether the END line is there.
    pub(super) ended: bool,
}

/// A line and a column, both counted from 1.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    fn of(text: &[u8], at: usize) -> Self {
        let before = &text[..at];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let begins_char = |byte: &&u8| **byte & 0xc0 != 0x80;
        Self { line, column: 1 + before[start..].iter().filter(begins_char).count() }
    }
}

/// Finds the PEM blocks ([RFC 7468, Section 3]) and leaves the text around them alone.
///
/// [RFC 7468, Section 3]: https://www.rfc-editor.org/rfc/rfc7468#section-3
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
            // Up to the end of the line that the dashes stand in, if they do not start a block.
            let rest = text[end..].iter().position(|&byte| byte == b'\n');
            let limit = rest.map_or(text.len(), |len| end + len);
            misshapen(
                if text[end..].starts_with(BEGIN) { &text[..end] } else { &text[..limit] },
                body_at,
            )?;
        }
        let start = text[..begin].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let (margin, body) = (&text[start..begin], &text[body_at..end]);
        blocks.push(Block { margin, label, body, place: Place::of(text, body_at), ended });
    }
    Ok(blocks)
}

/// The label that starts at `at`, and where its dashes end.
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

/// Refuses the first line from `at` on that wants to be a BEGIN or END line and is not.
pub(super) fn misshapen(text: &[u8], at: usize) -> Result<(), KeyError> {
    let mut start = at;
    for line in text[at..].split(|&byte| byte == b'\n') {
        let says =
            |word: &[u8]| line.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
        // Of a few hundred thousand keys one spells both words in its base64.
        if !is_base64(line)
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

fn is_base64(line: &[u8]) -> bool {
    line.trim_ascii().iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

/// The character that starts at `at`.
pub(super) fn char_at(text: &[u8], at: usize) -> char {
    let chunk = text[at..].utf8_chunks().next();
    chunk.and_then(|chunk| chunk.valid().chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Where `word` is, from `from` on.
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
/// A blank is a plus sign where a form was sent.
const BEGIN_IN_FORM: &[u8] = b"-----BEGIN+";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const DASHES: &[u8] = b"-----";
const END: &[u8] = b"-----END ";
const LONGEST_REFERENCE: usize = 8;
const LONGEST_TAG: usize = 80;
