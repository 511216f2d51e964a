//! Finds the key or certificate in an input: the bytes of a file, or pasted text.
//!
//! These changes are repaired: line breaks of other systems, a byte order mark, indentation, quotes
//! around the whole, a literal `\n`, text on one line, base64 of the whole. Text that was changed
//! in another way is refused with the position.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::detect::{self, Kind};
use super::error::PLACEHOLDER;
use super::jwk::Jwk;
use super::pem::{self, Block, Place};
use super::{KeyError, MAX_LEN, PublicKeyError, base64, unsupported};

/// An item in the input: a key, a certificate, or something else.
pub(super) struct Item {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) kind: Kind,
    pub(super) wrapping: &'static str,
    /// The error, if it cannot be read.
    damage: Option<KeyError>,
}

/// Returns the private key in `input`.
pub(super) fn private(input: &[u8]) -> Result<Item, KeyError> {
    let (mut private, others): (Vec<_>, Vec<_>) =
        items(input)?.into_iter().partition(|item| item.kind.is_private());
    let key = match private.len() {
        0 => return Err(others.first().map_or(PARAMETERS, Item::not_private)),
        1 => private.remove(0),
        count => return Err(KeyError::MultipleKeys { count }),
    };
    match key.kind {
        Kind::Refused(error) => Err(error),
        _ => Ok(key),
    }
}

/// Returns the first public key or certificate in `input`.
pub(super) fn public(input: &[u8]) -> Result<Item, PublicKeyError> {
    first(input, |item| {
        matches!(item.kind, Kind::Certificate | Kind::PublicPkcs1 | Kind::PublicSpki)
            || item.kind == Kind::Jwk && Jwk::is_public(&item.bytes)
    })
}

/// Returns the first certificate in `input`.
pub(super) fn certificate(input: &[u8]) -> Result<Item, PublicKeyError> {
    first(input, |item| item.kind == Kind::Certificate)
}

fn first(input: &[u8], is_wanted: impl Fn(&Item) -> bool) -> Result<Item, PublicKeyError> {
    let mut items = items(input)?;
    match items.iter().position(is_wanted) {
        Some(at) => {
            let item = items.swap_remove(at);
            item.damage.clone().map_or(Ok(item), |damage| Err(damage.into()))
        }
        None => Err(items.first().map_or_else(|| PARAMETERS.into(), Item::not_public)),
    }
}

fn items(input: &[u8]) -> Result<Vec<Item>, KeyError> {
    if input.len() > MAX_LEN {
        return Err(KeyError::TooLong { len: input.len() });
    }
    in_bytes(input, None)
}

/// `encoded` is the base64 that was decoded to these bytes. It is decoded once.
fn in_bytes(input: &[u8], encoded: Option<&[u8]>) -> Result<Vec<Item>, KeyError> {
    if is_utf16(input) {
        return Err(KeyError::Utf16);
    }
    if is_binary(input) {
        return binary(input, encoded);
    }
    let trimmed = input.strip_prefix(pem::BYTE_ORDER_MARK).unwrap_or(input).trim_ascii();
    // JSON has its own escapes, so it is parsed before the text is changed.
    if trimmed.starts_with(b"{") && Jwk::parse(trimmed).is_ok() {
        return Ok(vec![Item::new(Zeroizing::new(trimmed.to_vec()), Kind::Jwk, "")]);
    }
    if trimmed.starts_with(b"\"")
        && let Ok(text) = serde_json::from_slice::<String>(trimmed)
    {
        return in_bytes(Zeroizing::new(text).as_bytes(), encoded);
    }
    let text = pem::normalized(input);
    let blocks = pem::blocks(&text)?;
    if blocks.is_empty() {
        return bare(&text, trimmed, encoded);
    }
    let wrapping = if encoded.is_some() { " PEM in base64" } else { " PEM" };
    let is_parameters = |block: &&Block<'_>| block.label.ends_with(" PARAMETERS");
    let keys = blocks.iter().filter(|block| !is_parameters(block));
    Ok(keys.map(|block| Item::of_block(block, wrapping)).collect())
}

fn binary(input: &[u8], encoded: Option<&[u8]>) -> Result<Vec<Item>, KeyError> {
    if input.first() == Some(&SEQUENCE) {
        let wrapping = if encoded.is_some() { " DER in base64" } else { " DER" };
        return Ok(vec![Item::of(Zeroizing::new(input.to_vec()), wrapping)?]);
    }
    let other = || encoded.map_or(KeyError::NotAKey { found: None }, unsupported::unknown);
    Err(unsupported::by_beginning(input).unwrap_or_else(other))
}

/// Reads text without a BEGIN line: base64, a known other format, or neither.
fn bare(text: &[u8], input: &[u8], encoded: Option<&[u8]>) -> Result<Vec<Item>, KeyError> {
    let (start, body) = unquoted(text);
    if body.is_empty() {
        return Err(KeyError::Empty);
    }
    if let Some(error) = unsupported::by_beginning(body) {
        return Err(error);
    }
    if Jwk::is_set(input) {
        return Err(super::jwk::SET);
    }
    pem::check_boundary_lines(text, 0)?;
    if let Some(encoded) = encoded {
        return Err(unsupported::unknown(encoded));
    }
    match base64::decode(body, Place::of(text, start)) {
        Ok(bytes) if bytes.len() > SHORTEST => in_bytes(&bytes, Some(input)),
        Err(error) if body.starts_with(b"MII") => Err(error),
        _ => Err(unsupported::unknown(input)),
    }
}

impl Item {
    fn of(bytes: Zeroizing<Vec<u8>>, wrapping: &'static str) -> Result<Self, KeyError> {
        let kind = detect::kind(&bytes)?;
        Ok(Self::new(bytes, kind, wrapping))
    }

    fn new(bytes: Zeroizing<Vec<u8>>, kind: Kind, wrapping: &'static str) -> Self {
        Self { bytes, kind, wrapping, damage: None }
    }

    fn of_block(block: &Block<'_>, wrapping: &'static str) -> Self {
        Self::read_block(block, wrapping).unwrap_or_else(|error| {
            // A certificate or public key next to a private key may be damaged.
            let beside = match block.label {
                label if label.contains("CERTIFICATE REQUEST") => Some(Kind::Request),
                label if label.contains("CERTIFICATE") => Some(Kind::Certificate),
                label if label.contains("PUBLIC KEY") => Some(Kind::PublicSpki),
                _ => None,
            };
            let kind = match error {
                KeyError::Certificate { .. } => Kind::Refused(error.clone()),
                _ => beside.unwrap_or_else(|| Kind::Refused(error.clone())),
            };
            Self { damage: Some(error), ..Self::new(Zeroizing::default(), kind, wrapping) }
        })
    }

    fn read_block(block: &Block<'_>, wrapping: &'static str) -> Result<Self, KeyError> {
        if let Some(error) = unsupported::by_label(block.label) {
            return Err(error);
        }
        let has = |word: &[u8]| pem::find(block.body, 0, word).is_some();
        if has(b"Proc-Type") || has(b"DEK-Info") {
            return Err(KeyError::UnsupportedEncryption { found: "PEM headers" });
        }
        let body = block.body.trim_ascii();
        if body.is_empty() {
            return Err(if block.ended { KeyError::Empty } else { KeyError::MissingEnd });
        }
        if unsupported::is_mask(body) {
            return Err(KeyError::NotAKey { found: Some(PLACEHOLDER) });
        }
        let read =
            base64::decode(block.body, block.place).and_then(
                |bytes| match unsupported::by_beginning(&bytes) {
                    Some(error) => Err(error),
                    None => Self::of(bytes, wrapping),
                },
            );
        let item = read.map_err(|error| unsupported::by_label_of_damage(block.label, error))?;
        if block.ended { Ok(item) } else { Err(KeyError::MissingEnd) }
    }

    /// Returns the error for input that is not a private key.
    fn not_private(&self) -> KeyError {
        match self.kind {
            Kind::Certificate => KeyError::Certificate { found: "certificate" },
            Kind::Request => KeyError::Certificate { found: "certificate request" },
            Kind::Refused(ref error) => error.clone(),
            _ => KeyError::Public,
        }
    }

    /// Returns the error for input that is neither a public key nor a certificate.
    fn not_public(&self) -> PublicKeyError {
        let found = match self.kind {
            Kind::Certificate => "a certificate",
            Kind::Encrypted | Kind::Jwk | Kind::Pkcs1 | Kind::Pkcs8 => "a private key",
            Kind::PublicPkcs1 | Kind::PublicSpki => "a public key",
            Kind::Request => "a certificate request",
            Kind::Refused(ref error) => return error.clone().into(),
        };
        PublicKeyError::NotPublic { found: Some(found) }
    }
}

/// Returns the text without the blanks and quotes around it, and its position.
fn unquoted(text: &[u8]) -> (usize, &[u8]) {
    let is_edge = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let start = text.iter().take_while(|byte| is_edge(byte)).count();
    let end = text.iter().rposition(|byte| !is_edge(byte)).map_or(start, |last| last + 1);
    (start, &text[start..end])
}

/// Whether every other byte is zero, like in files of PowerShell and Notepad.
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
    pem::find(input, 0, b"-----BEGIN ").is_none()
        && (input.iter().any(is_control) || core::str::from_utf8(input).is_err())
}

const PARAMETERS: KeyError = KeyError::NotAKey { found: Some("parameters for keys") };
const SEQUENCE: u8 = 0x30;
/// Fewer bytes are a word that is base64 by chance.
const SHORTEST: usize = 32;
