use alloc::vec::Vec;
use core::fmt;

use getrandom::SysRng;
use once_cell::race::OnceBox;
use rand_core::TryCryptoRng;
use sha2::Sha256;

use crate::{SignError, Signature, Signer};

mod base64;
mod der;
mod derived;
pub use derived::DerivedSecret;
mod detect;
#[cfg(feature = "encrypted")]
mod encrypted;
#[cfg(feature = "encrypted")]
pub use encrypted::Passphrase;
mod error;
pub use error::KeyError;
mod foreign;
mod form;
pub use form::{KeyForm, KeyNotice};
mod gate;
mod hint;
mod intake;
mod jwk;
mod margin;
mod numbers;
mod private;
mod public;
pub use public::PublicKey;
mod published;
mod roca;
mod text;

use detect::Kind;
use form::Structure;
use intake::Piece;
use jwk::Jwk;
use numbers::PrivateNumbers;
pub(crate) use private::PrivateKey;

/// An RSA private key of 2048 to 4096 bits that signs in this process, by the `rsa` crate.
///
/// Signing is constant-time and blinded, and each signature is checked before it is let out.
/// There is no way to read the key out again. Its numbers are wiped when it is dropped.
pub struct SigningKey {
    private: PrivateKey,
    /// Made when it first signs: most of what reading a key costs would be this.
    rsa: OnceBox<rsa::PrivateKey>,
    form: KeyForm,
    notices: Vec<KeyNotice>,
}

impl SigningKey {
    /// Reads a key as people have it: PKCS#8 or PKCS#1, in PEM or DER, in base64 of either, or
    /// a JWK.
    ///
    /// Text may be mangled, and other things may stand around the key or beside it. The key
    /// itself is told by its content and held to strict DER, to [RFC 8017, Section 3.2] and to
    /// [FIPS 186-5]. An encrypted key is refused: see `from_encrypted`.
    ///
    /// [RFC 8017, Section 3.2]: https://www.rfc-editor.org/rfc/rfc8017#section-3.2
    /// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
    pub fn from_bytes(key: &[u8]) -> Result<Self, KeyError> {
        let (piece, notices) = intake::private(key)?;
        Self::from_piece(&piece, notices)
    }

    /// Reads a key as [`SigningKey::from_bytes`] does, and opens it if it is encrypted: PKCS#8
    /// under PBES2 with PBKDF2 or scrypt ([RFC 8018]).
    ///
    /// What the passphrase costs is up to who encrypted the key, up to about a second.
    ///
    /// [RFC 8018]: https://www.rfc-editor.org/rfc/rfc8018
    #[cfg(feature = "encrypted")]
    pub fn from_encrypted(key: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        let (piece, notices) = intake::private(key)?;
        if piece.kind != Kind::Encrypted {
            return Self::from_piece(&piece, notices);
        }
        let plain = encrypted::decrypt(&piece.bytes, passphrase)?;
        let form = KeyForm { structure: Structure::EncryptedPkcs8, wrapping: piece.wrapping };
        Self::from_numbers(&PrivateNumbers::from_pkcs8(&plain)?, form, notices)
    }

    fn from_piece(piece: &Piece, notices: Vec<KeyNotice>) -> Result<Self, KeyError> {
        let form = |structure| KeyForm { structure, wrapping: piece.wrapping };
        let bytes = piece.bytes.as_slice();
        match piece.kind {
            Kind::Pkcs1 => {
                let numbers = PrivateNumbers::from_pkcs1(bytes)?;
                Self::from_numbers(&numbers, form(Structure::Pkcs1), notices)
            }
            Kind::Pkcs8 => {
                let numbers = PrivateNumbers::from_pkcs8(bytes)?;
                Self::from_numbers(&numbers, form(Structure::Pkcs8), notices)
            }
            Kind::Jwk => {
                let jwk = Jwk::parse(bytes)?;
                Self::from_numbers(&jwk.numbers()?, form(Structure::Jwk), notices)
            }
            Kind::Encrypted => Err(detect::encryption(bytes)?),
            _ => Err(KeyError::NotAKey { found: None }),
        }
    }

    fn from_numbers(
        numbers: &PrivateNumbers<'_>,
        form: KeyForm,
        notices: Vec<KeyNotice>,
    ) -> Result<Self, KeyError> {
        let private = gate::private_key(numbers)?;
        Ok(Self { private, rsa: OnceBox::new(), form, notices })
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        self.private.public.bits()
    }

    /// The form in which the key came.
    pub fn form(&self) -> KeyForm {
        self.form
    }

    /// What its owner may want to know about how it came.
    pub fn notices(&self) -> &[KeyNotice] {
        &self.notices
    }

    /// Tests that both factors are prime, which costs as much as a few signatures.
    ///
    /// Reading a key leaves this out. A key of other factors makes wrong signatures, but each is
    /// checked, and [`SignError::Inconsistent`] then says what is wrong with the key. This is for
    /// those who inspect a key and do not sign with it.
    pub fn check_primes(&self) -> Result<(), KeyError> {
        if gate::is_prime(&self.private) { Ok(()) } else { Err(KeyError::Inconsistent) }
    }

    pub(crate) fn private(&self) -> &PrivateKey {
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
        let key = self.rsa.get_or_try_init(|| self.private.to_rsa().ok_or(()));
        let Ok(key) = key else { return Err(self.why_wrong()) };
        match key.pkcs1v15_sign_with_rng::<Sha256, _>(rng, message) {
            Ok(signature) => Ok(Signature::checked(signature, message, &self.private.public)),
            Err(rsa::Error::Rng) => Err(SignError::Rng),
            Err(_) => Err(self.why_wrong()),
        }
    }

    /// Why a signature was wrong when it was checked.
    pub(crate) fn why_wrong(&self) -> SignError {
        match self.check_primes() {
            Ok(()) => SignError::SelfCheck,
            Err(_) => SignError::Inconsistent,
        }
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> &PublicKey {
        &self.private.public
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

/// A key of 4096 bits takes a tenth of it.
const MAX_LEN: usize = 32 * 1024;
