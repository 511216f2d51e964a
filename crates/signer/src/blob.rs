//! Strings, integers and keys in the encoding of SSH ([RFC 4251, Section 5]).
//!
//! [RFC 4251, Section 5]: https://www.rfc-editor.org/rfc/rfc4251#section-5

use orgtoken_assertion::PublicKey;

/// The bytes left to read. Each read returns `None` if there are too few.
pub(crate) struct Blob<'a>(pub(crate) &'a [u8]);

impl<'a> Blob<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(string)
    }

    /// Checks that no bytes are left.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Returns the RSA key of a blob of type `ssh-rsa` ([RFC 4253, Section 6.6]), or `None`.
///
/// [RFC 4253, Section 6.6]: https://www.rfc-editor.org/rfc/rfc4253#section-6.6
pub(crate) fn rsa_key(blob: &[u8]) -> Option<PublicKey> {
    let mut blob = Blob(blob);
    if blob.string()? != b"ssh-rsa" {
        return None;
    }
    let (exponent, modulus) = (blob.string()?, blob.string()?);
    blob.end()?;
    // An `mpint` has the same bytes as a DER INTEGER, and the parser checks them.
    let numbers = [integer(modulus)?, integer(exponent)?].concat();
    PublicKey::from_bytes(&tagged(SEQUENCE, &numbers)?).ok()
}

/// Appends a string with its length.
pub(crate) fn push_string(message: &mut Vec<u8>, string: &[u8]) {
    let len = u32::try_from(string.len()).expect("what is signed is short");
    message.extend(len.to_be_bytes());
    message.extend(string);
}

fn integer(mpint: &[u8]) -> Option<Vec<u8>> {
    tagged(INTEGER, mpint)
}

fn tagged(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(content.len()).ok()?;
    let [high, low] = len.to_be_bytes();
    let header = match len {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    Some([&header, content].concat())
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
