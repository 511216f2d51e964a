use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::VerifyError;
use super::members::Members;
use crate::{PublicKey, Signature};

/// A JWS in compact form ([RFC 7515, Section 7.1]) whose header is acceptable.
///
/// [RFC 7515, Section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
pub(super) struct Compact {
    pub(super) header: String,
    pub(super) payload: Vec<u8>,
    signature: Signature,
    signing_input: String,
}

impl Compact {
    pub(super) fn parse(text: &str) -> Result<Self, VerifyError> {
        if text.len() > MAX_LEN {
            return Err(VerifyError::TooLong { len: text.len() });
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(VerifyError::Parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(VerifyError::Parts)?;
        if payload.contains('.') {
            return Err(VerifyError::Parts);
        }

        let header = String::from_utf8(decoded(header)?).map_err(|_| VerifyError::Json)?;
        let members = Members::parse(&header)?;
        // A critical extension must be understood, and this crate understands none.
        if members.text("alg")?.as_deref() != Some("RS256") || members.contains("crit") {
            return Err(VerifyError::Algorithm);
        }
        Ok(Self {
            header,
            payload: decoded(payload)?,
            signature: Signature::from_bytes(decoded(signature)?),
            signing_input: signing_input.to_string(),
        })
    }

    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), VerifyError> {
        let genuine = key.verify(self.signing_input.as_bytes(), &self.signature);
        if genuine { Ok(()) } else { Err(VerifyError::Signature) }
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, VerifyError> {
    Base64UrlUnpadded::decode_vec(part).map_err(|_| VerifyError::Base64)
}

/// Ten times the length of an assertion with a 4096-bit key.
const MAX_LEN: usize = 16 * 1024;
