//! A private key as a JWK ([RFC 7518, Section 6.3]).
//!
//! [RFC 7518, Section 6.3]: https://www.rfc-editor.org/rfc/rfc7518#section-6.3

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};
use zeroize::Zeroizing;

use super::KeyError;
use super::base64;
use super::numbers::{EC, PrivateNumbers, PublicNumbers};

/// The members that are used. The CRT values are computed, so they may be missing.
#[derive(serde::Deserialize)]
pub(super) struct Jwk {
    kty: String,
    n: Option<Member>,
    e: Option<Member>,
    d: Option<Member>,
    p: Option<Member>,
    q: Option<Member>,
    oth: Option<IgnoredAny>,
}

impl Jwk {
    pub(super) fn parse(json: &[u8]) -> Result<Self, KeyError> {
        // The error is dropped, because serde_json quotes the value that it rejects.
        serde_json::from_slice(json).map_err(|_| KeyError::NotAKey { found: None })
    }

    /// Whether this is a JWK set, the form in which servers publish keys.
    pub(super) fn is_set(json: &[u8]) -> bool {
        json.starts_with(b"{") && serde_json::from_slice::<Set>(json).is_ok()
    }

    /// Whether this is a public RSA key.
    pub(super) fn is_public(json: &[u8]) -> bool {
        Self::parse(json).is_ok_and(|jwk| jwk.kty == "RSA" && jwk.d.is_none())
    }

    /// Returns the numbers of the public key.
    pub(super) fn public(&self) -> PublicNumbers<'_> {
        PublicNumbers { n: magnitude(&self.n), e: magnitude(&self.e) }
    }

    pub(super) fn numbers(&self) -> Result<PrivateNumbers<'_>, KeyError> {
        match self.kty.as_str() {
            "RSA" => (),
            "EC" => return Err(KeyError::Algorithm { found: EC }),
            "OKP" => return Err(KeyError::Algorithm { found: "Edwards curves (OKP)" }),
            "oct" => return Err(KeyError::Algorithm { found: "HMAC (oct)" }),
            _ => return Err(KeyError::Algorithm { found: "an unknown algorithm" }),
        }
        if self.oth.is_some() {
            return Err(KeyError::MultiPrime);
        }
        if self.d.is_none() {
            return Err(KeyError::Public);
        }
        Ok(PrivateNumbers {
            public: self.public(),
            d: magnitude(&self.d),
            primes: (self.p.is_some() || self.q.is_some())
                .then(|| [magnitude(&self.p), magnitude(&self.q)]),
            q_inverse: None,
        })
    }
}

#[derive(serde::Deserialize)]
struct Set {
    #[serde(rename = "keys")]
    _keys: Vec<IgnoredAny>,
}

pub(super) const SET: KeyError =
    KeyError::Format { found: "a set of JWKs", command: "jq '.keys[0]' keys.json >key.json" };

/// The bytes of a number, wiped when dropped.
struct Member(Zeroizing<Vec<u8>>);

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Zeroizing::new(String::deserialize(deserializer)?.into_bytes());
        // Some tools write the standard alphabet, or pad with `=`.
        base64::into_url_alphabet(&mut text);
        let digits = core::str::from_utf8(&text).map_err(D::Error::custom)?;
        Base64UrlUnpadded::decode_vec(digits.trim_end_matches('='))
            .map(|bytes| Self(Zeroizing::new(bytes)))
            .map_err(D::Error::custom)
    }
}

fn magnitude(member: &Option<Member>) -> Option<&[u8]> {
    let bytes = &member.as_ref()?.0;
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    Some(&bytes[zeros..])
}
