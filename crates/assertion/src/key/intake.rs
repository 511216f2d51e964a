//! Finds the key in what was given: a file's bytes, or text that went through many hands.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::detect::{self, Kind};
use super::form::{KeyNotice, Wrapping};
use super::jwk::Jwk;
use super::text::{self, Block, Place};
use super::{KeyError, MAX_LEN, base64, foreign};

/// Something that was found: a key, a certificate, or another thing beside it.
pub(super) struct Piece {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) kind: Kind,
    pub(super) wrapping: Wrapping,
    /// What the label says that it is, if it says so.
    label: Option<Kind>,
    /// Why it could not be read.
    pub(super) damage: Option<KeyError>,
}

/// The private key in `input`, and what people may want to know about the rest.
pub(super) fn private(input: &[u8]) -> Result<(Piece, Vec<KeyNotice>), KeyError> {
    let (mut private, others): (Vec<_>, Vec<_>) =
        pieces(input)?.into_iter().partition(|piece| piece.kind.is_private());
    let key = match private.len() {
        0 => return Err(others.first().map_or(PARAMETERS, Piece::not_private)),
        1 => private.remove(0),
        count => return Err(KeyError::Several { count }),
    };
    if let Kind::Refused(error) = key.kind {
        return Err(error);
    }

    let mut notices = Vec::new();
    if key.label.as_ref().is_some_and(|label| *label != key.kind) {
        notices.push(KeyNotice::Label);
    }
    notices.extend(others.iter().map(Piece::notice));
    Ok((key, notices))
}

/// The first public key or certificate in `input`.
pub(super) fn public(input: &[u8]) -> Result<Piece, KeyError> {
    let mut pieces = pieces(input)?;
    let is_public = |piece: &Piece| {
        matches!(piece.kind, Kind::Certificate | Kind::PublicPkcs1 | Kind::PublicSpki)
            || piece.kind == Kind::Jwk && Jwk::is_public(&piece.bytes)
    };
    match pieces.iter().position(is_public) {
        Some(at) => {
            let piece = pieces.swap_remove(at);
            piece.damage.clone().map_or(Ok(piece), Err)
        }
        None => Err(match pieces.first().map(|piece| &piece.kind) {
            Some(Kind::Refused(error)) => error.clone(),
            Some(Kind::Request) => REQUEST,
            Some(_) => KeyError::Private,
            None => PARAMETERS,
        }),
    }
}

fn pieces(input: &[u8]) -> Result<Vec<Piece>, KeyError> {
    if input.len() > MAX_LEN {
        return Err(KeyError::TooLong { len: input.len() });
    }
    if is_utf16(input) {
        return Err(KeyError::Utf16);
    }
    if is_binary(input) {
        return binary(input);
    }

    in_text(input, Wrapping::Pem)
}

fn in_text(input: &[u8], wrapping: Wrapping) -> Result<Vec<Piece>, KeyError> {
    let text = text::normalised(input);
    let blocks = text::blocks(&text)?;
    // A path of Windows has what looks like escapes.
    if blocks.is_empty() { bare(&text, trimmed(input)) } else { Ok(read(&blocks, wrapping)) }
}

fn binary(input: &[u8]) -> Result<Vec<Piece>, KeyError> {
    if input.first() != Some(&SEQUENCE) {
        return Err(foreign::by_beginning(input).unwrap_or(KeyError::NotAKey { found: None }));
    }
    Ok(vec![Piece::of(Zeroizing::new(input.to_vec()), Wrapping::Der)?])
}

fn read(blocks: &[Block<'_>], wrapping: Wrapping) -> Vec<Piece> {
    blocks
        .iter()
        .filter(|block| !block.label.ends_with(" PARAMETERS"))
        .map(|block| Piece::of_block(block, wrapping))
        .collect()
}

/// Text without a BEGIN line: base64 alone, a JWK, something else that is known, or nothing.
fn bare(text: &[u8], input: &[u8]) -> Result<Vec<Piece>, KeyError> {
    let trimmed = trimmed(text);
    if trimmed.is_empty() {
        // A word in angle brackets was taken for a tag.
        let is_word = input.starts_with(b"<");
        return Err(if is_word { foreign::unknown(input) } else { KeyError::Empty });
    }
    if let Some(error) = foreign::by_beginning(trimmed) {
        return Err(error);
    }
    text::misshapen(text, 0)?;
    let standard = base64::without_url_alphabet(text);
    let text = standard.as_ref().map_or(text, |text| text.as_slice());
    if let Some(pem) = base64_within(text) {
        return in_text(&pem, Wrapping::Base64Pem);
    }
    if trimmed.starts_with(b"{") {
        let bytes = Zeroizing::new(trimmed.to_vec());
        return Ok(vec![Piece::plain(bytes, Kind::Jwk, Wrapping::Json)]);
    }

    match base64::decode(text, Place { line: 1, column: 1 }) {
        Ok(bytes) if bytes.len() <= SHORTEST => Err(foreign::unknown(input)),
        Ok(bytes) if bytes.first() == Some(&SEQUENCE) => {
            Ok(vec![Piece::of(bytes, Wrapping::Base64)?])
        }
        Ok(bytes) if is_utf16(&bytes) => Err(KeyError::Utf16),
        // It is shorter each time, so that this ends.
        Ok(bytes) if !is_binary(&bytes) => in_text(&bytes, Wrapping::Base64Pem),
        Err(error) if trimmed.starts_with(b"MII") => Err(error),
        _ => Err(foreign::unknown(input)),
    }
}

/// The base64 of a whole PEM with other text before or after it, as in a Kubernetes secret.
fn base64_within(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = &text[text::find(text, 0, BEGIN_IN_BASE64)?..];
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let mut len = text.iter().take_while(|byte| is_digit(byte)).count();
    // The following lines, if they hold nothing else.
    for line in text[len..].split_inclusive(|&byte| byte == b'\n') {
        if !line.trim_ascii().iter().all(is_digit) {
            break;
        }
        len += line.len();
    }
    base64::decode(&text[..len], Place { line: 1, column: 1 }).ok()
}

impl Piece {
    fn of(bytes: Zeroizing<Vec<u8>>, wrapping: Wrapping) -> Result<Self, KeyError> {
        let kind = detect::kind(&bytes)?;
        Ok(Self::plain(bytes, kind, wrapping))
    }

    fn plain(bytes: Zeroizing<Vec<u8>>, kind: Kind, wrapping: Wrapping) -> Self {
        Self { bytes, kind, wrapping, label: None, damage: None }
    }

    fn of_block(block: &Block<'_>, wrapping: Wrapping) -> Self {
        let label = match block.label {
            "ENCRYPTED PRIVATE KEY" => Some(Kind::Encrypted),
            "PRIVATE KEY" => Some(Kind::Pkcs8),
            "RSA PRIVATE KEY" => Some(Kind::Pkcs1),
            label if label.contains("CERTIFICATE REQUEST") => Some(Kind::Request),
            label if label.contains("CERTIFICATE") => Some(Kind::Certificate),
            label if label.contains("PUBLIC KEY") => Some(Kind::PublicSpki),
            _ => None,
        };
        match Self::read_block(block, wrapping) {
            Ok(piece) => Self { label, ..piece },
            Err(error) => {
                // What stands beside a private key need not be whole.
                let beside = label.filter(|label| !label.is_private());
                let kind = beside.unwrap_or_else(|| Kind::Refused(error.clone()));
                let damage = Some(error);
                Self { damage, ..Self::plain(Zeroizing::default(), kind, wrapping) }
            }
        }
    }

    fn read_block(block: &Block<'_>, wrapping: Wrapping) -> Result<Self, KeyError> {
        if let Some(error) = foreign::by_label(block.label) {
            return Err(error);
        }
        let has = |word: &[u8]| text::find(block.body, 0, word).is_some();
        if has(b"Proc-Type") || has(b"DEK-Info") {
            return Err(KeyError::OldEncryption { found: "PEM headers" });
        }
        let body = block.body.trim_ascii();
        if body.is_empty() {
            return Err(if block.ended { KeyError::Empty } else { KeyError::Unended });
        }
        if foreign::is_placeholder(body) {
            return Err(KeyError::NotAKey { found: Some(foreign::PLACEHOLDER) });
        }
        let bytes = base64::decode_with_margin(block.body, block.place, block.margin);
        let read = bytes.and_then(|bytes| match foreign::by_beginning(&bytes) {
            Some(error) => Err(error),
            None => Self::of(bytes, wrapping),
        });
        let piece = read.map_err(|error| foreign::by_label_of_damage(block.label, error))?;
        if !block.ended {
            return Err(KeyError::Unended);
        }
        Ok(piece)
    }

    /// Why this is not the private key.
    fn not_private(&self) -> KeyError {
        match self.kind {
            Kind::Certificate => KeyError::Certificate { found: "certificate" },
            Kind::Request => REQUEST,
            Kind::Refused(ref error) => error.clone(),
            _ => KeyError::Public,
        }
    }

    fn notice(&self) -> KeyNotice {
        KeyNotice::Beside(match self.kind {
            Kind::Certificate | Kind::Refused(_) => "certificate",
            Kind::Request => "certificate request",
            _ => "public key",
        })
    }
}

/// Whether every other byte is zero, as PowerShell and Notepad write it.
fn is_utf16(input: &[u8]) -> bool {
    matches!(
        input,
        [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [1..=0xff, 0, 1..=0xff, 0, ..]
            | [0, 1..=0xff, 0, 1..=0xff, ..]
    )
}

fn is_binary(input: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    text::find(input, 0, b"-----BEGIN ").is_none()
        && (input.iter().any(is_control) || core::str::from_utf8(input).is_err())
}

fn trimmed(text: &[u8]) -> &[u8] {
    let is_edge = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`');
    let start = text.iter().take_while(|byte| is_edge(byte)).count();
    let end = text.iter().rposition(|byte| !is_edge(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

const PARAMETERS: KeyError = KeyError::NotAKey { found: Some("parameters for keys") };
const REQUEST: KeyError = KeyError::Certificate { found: "certificate request" };
/// `-----BEGIN `, where it begins the text.
const BEGIN_IN_BASE64: &[u8] = b"LS0tLS1CRUdJTi";
const SEQUENCE: u8 = 0x30;
/// Less than this is a word that happens to be base64.
const SHORTEST: usize = 32;
