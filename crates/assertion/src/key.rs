use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use getrandom::SysRng;
use rand_core::TryCryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{PublicKey, SignError, Signature, Signer};

pub(crate) mod der;
pub(crate) mod detect;
mod error;
pub use error::KeyError;
mod form;
pub use form::KeyForm;
pub(crate) mod gate;
pub(crate) mod numbers;
mod roca;

use form::{Structure, Wrapping};
use numbers::PrivateNumbers;

/// An RSA private key of 2048 to 4096 bits that signs in this process, by the `rsa` crate.
///
/// Signing is constant-time and blinded, and each signature is checked before it is let out.
/// There is no way to read the key out again. Its numbers are wiped when it is dropped.
pub struct SigningKey {
    private: rsa::PrivateKey,
    public: PublicKey,
    form: KeyForm,
}

impl SigningKey {
    /// Reads a key as people have it.
    ///
    /// The text may be mangled: the key is told by its content. The numbers are held to strict
    /// DER and to the rules of [RFC 8017, Section 3.2] and [FIPS 186-5].
    ///
    /// [RFC 8017, Section 3.2]: https://www.rfc-editor.org/rfc/rfc8017#section-3.2
    /// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
    pub fn from_bytes(key: &[u8]) -> Result<Self, KeyError> {
        let (der, wrapping) = unwrapped(key)?;
        let structure = detect::structure(&der)?;
        let numbers = match structure {
            Structure::Pkcs1 => PrivateNumbers::from_pkcs1(&der)?,
            Structure::Pkcs8 => PrivateNumbers::from_pkcs8(&der)?,
        };
        let private = gate::private_key(&numbers)?;
        let public = PublicKey::of(&private);
        Ok(Self { private, public, form: KeyForm { structure, wrapping } })
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        self.public.bits()
    }

    /// The form in which the key came.
    pub fn form(&self) -> KeyForm {
        self.form
    }

    #[cfg(feature = "ring")]
    pub(crate) fn private(&self) -> &rsa::PrivateKey {
        &self.private
    }

    /// Signs as [`Signer::sign`] does, blinded by a generator of the caller's.
    ///
    /// RSASSA-PKCS1-v1_5 is deterministic: the generator does not change the signature.
    pub fn sign_with_rng(
        &self,
        rng: &mut (impl TryCryptoRng + ?Sized),
        message: &[u8],
    ) -> Result<Signature, SignError> {
        match self.private.pkcs1v15_sign_with_rng::<Sha256, _>(rng, message) {
            Ok(signature) => Ok(Signature::checked(signature)),
            Err(rsa::Error::Rng) => Err(SignError::Rng),
            Err(_) => Err(SignError::SelfCheck),
        }
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        self.sign_with_rng(&mut SysRng, message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

pub(crate) fn unwrapped(input: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Wrapping), KeyError> {
    if input.len() > MAX_LEN {
        return Err(KeyError::TooLong { len: input.len() });
    }
    let text = String::from_utf8_lossy(input);
    let Some((_, rest)) = text.split_once("-----BEGIN ") else {
        return Ok((Zeroizing::new(input.to_vec()), Wrapping::Der));
    };
    let body = rest.split_once("-----").and_then(|(_, rest)| rest.split_once("-----END "));
    let (body, _) = body.ok_or(KeyError::Boundary { line: 1 })?;
    let body: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    let der = Base64::decode_vec(&body).map_err(|_| KeyError::Character { line: 1, column: 1 })?;
    Ok((Zeroizing::new(der), Wrapping::Pem))
}

/// A key of 4096 bits takes a tenth of it.
const MAX_LEN: usize = 32 * 1024;
