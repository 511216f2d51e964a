use alloc::string::String;
use core::fmt;

use ::der::pem::LineEnding;
use getrandom::SysRng;
use once_cell::race::OnceBox;
use rand_core::TryCryptoRng;
use rsa::pkcs8::EncodePrivateKey;
use sha2::Sha256;
use zeroize::Zeroizing;

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
mod jwk;
mod numbers;
mod parse;
mod pem;
mod private;
mod public;
pub use public::{PublicKey, PublicKeyError, certificate_der};
mod roca;
mod unsupported;
mod validate;

use detect::Kind;
use jwk::Jwk;
use numbers::PrivateNumbers;
use parse::Item;
pub(crate) use private::PrivateKey;

/// An RSA private key of 2048 to 4096 bits that signs in this process, with the `rsa` crate.
///
/// Signing is constant-time and blinded, and each signature is verified before it is returned. The
/// key cannot be exported. Its numbers are wiped when it is dropped.
pub struct SigningKey {
    private: PrivateKey,
    /// Created at the first signature: it would take most of the time of reading a key.
    rsa: OnceBox<rsa::PrivateKey>,
    form: KeyForm,
}

impl SigningKey {
    /// Reads a key: PKCS#8 or PKCS#1, in PEM, DER or base64 of either, or a JWK.
    ///
    /// Pasted text is accepted: any line breaks or none, a literal `\n`, indentation, quotes around
    /// it. Other text and certificates next to the key are ignored. The kind of the key is detected
    /// by its content. The DER must be strict, and the numbers must satisfy [RFC 8017, Section 3.2]
    /// and [FIPS 186-5]. An encrypted key is refused: see `from_encrypted`.
    ///
    /// [RFC 8017, Section 3.2]: https://www.rfc-editor.org/rfc/rfc8017#section-3.2
    /// [FIPS 186-5]: https://doi.org/10.6028/NIST.FIPS.186-5
    pub fn from_bytes(key: &[u8]) -> Result<Self, KeyError> {
        Self::from_item(&parse::private(key)?)
    }

    /// Returns `key` as PEM that other tools can read. An encrypted key stays encrypted, and a JWK
    /// becomes PKCS#8.
    pub fn to_plain_pem(key: &[u8]) -> Result<PrivateKeyPem, KeyError> {
        let item = parse::private(key)?;
        let label = match item.kind {
            Kind::Encrypted => "ENCRYPTED PRIVATE KEY",
            Kind::Pkcs1 => "RSA PRIVATE KEY",
            Kind::Jwk => return Self::from_item(&item)?.to_pkcs8_pem(),
            _ => "PRIVATE KEY",
        };
        PrivateKeyPem::of(label, &item.bytes)
    }

    fn to_pkcs8_pem(&self) -> Result<PrivateKeyPem, KeyError> {
        let key = self.private.to_rsa().ok_or(KeyError::Inconsistent)?;
        let der = key.to_pkcs8_der().map_err(|_| KeyError::Inconsistent)?;
        PrivateKeyPem::of("PRIVATE KEY", der.as_bytes())
    }

    /// Reads a key like [`SigningKey::from_bytes`], and decrypts it if it is encrypted: PKCS#8
    /// under PBES2 with PBKDF2 or scrypt ([RFC 8018]).
    ///
    /// The parameters in the key determine the time this takes, up to about a second.
    ///
    /// [RFC 8018]: https://www.rfc-editor.org/rfc/rfc8018
    #[cfg(feature = "encrypted")]
    pub fn from_encrypted(key: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        let item = parse::private(key)?;
        if item.kind != Kind::Encrypted {
            return Self::from_item(&item);
        }
        let plain = encrypted::decrypt(&item.bytes, passphrase)?;
        let form = KeyForm { structure: "encrypted PKCS#8", wrapping: item.wrapping };
        Self::from_numbers(&PrivateNumbers::from_pkcs8(&plain)?, form)
    }

    fn from_item(item: &Item) -> Result<Self, KeyError> {
        let form = |structure| KeyForm { structure, wrapping: item.wrapping };
        let bytes = item.bytes.as_slice();
        match item.kind {
            Kind::Pkcs1 => Self::from_numbers(&PrivateNumbers::from_pkcs1(bytes)?, form("PKCS#1")),
            Kind::Pkcs8 => Self::from_numbers(&PrivateNumbers::from_pkcs8(bytes)?, form("PKCS#8")),
            Kind::Jwk => Self::from_numbers(&Jwk::parse(bytes)?.numbers()?, form("JWK")),
            Kind::Encrypted => Err(detect::encryption(bytes)?),
            _ => Err(KeyError::NotAKey { found: None }),
        }
    }

    fn from_numbers(numbers: &PrivateNumbers<'_>, form: KeyForm) -> Result<Self, KeyError> {
        let private = validate::private_key(numbers)?;
        Ok(Self { private, rsa: OnceBox::new(), form })
    }

    /// Returns the size of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.private.public.bits()
    }

    /// Returns the form in which the key was given.
    pub fn form(&self) -> KeyForm {
        self.form
    }

    pub(crate) fn private(&self) -> &PrivateKey {
        &self.private
    }

    /// Signs with arithmetic that is blinded by `rng`. RSASSA-PKCS1-v1_5 is deterministic: the
    /// generator does not change the signature.
    fn sign_with_rng(
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

    /// Returns the reason why a signature was wrong when it was checked.
    ///
    /// Reading a key does not test its factors, which would cost as much as a few signatures.
    pub(crate) fn why_wrong(&self) -> SignError {
        if validate::is_prime(&self.private) {
            SignError::SelfCheck
        } else {
            SignError::Inconsistent
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

/// The form in which a key was given, such as "PKCS#8 PEM".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyForm {
    structure: &'static str,
    /// ` PEM`, ` DER in base64` and so on; empty for JSON.
    wrapping: &'static str,
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.structure, self.wrapping)
    }
}

/// The PEM of a private key, wiped when dropped. Only [`PrivateKeyPem::secret`] returns the text.
pub struct PrivateKeyPem(Zeroizing<String>);

impl PrivateKeyPem {
    fn of(label: &'static str, der: &[u8]) -> Result<Self, KeyError> {
        let pem = ::der::pem::encode_string(label, LineEnding::LF, der);
        pem.map(|pem| Self(Zeroizing::new(pem))).map_err(|_| KeyError::Der { offset: 0 })
    }

    /// Returns the PEM, with a line break at the end.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem([redacted])")
    }
}

/// Ten times the length of a 4096-bit key.
const MAX_LEN: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use rand_core::TryRng;

    use super::*;
    use crate::Diagnostic;

    fn key() -> SigningKey {
        SigningKey::from_bytes(include_bytes!("../testdata/rfc7515-a2.pem")).unwrap()
    }

    #[test]
    fn generator_does_not_change_the_signature() {
        let by_system = key().sign(b"message").unwrap();
        for seed in [1, 0x0123_4567_89ab_cdef] {
            let signature = key().sign_with_rng(&mut Multiples(seed), b"message").unwrap();
            assert_eq!(signature.as_bytes(), by_system.as_bytes());
        }
    }

    #[test]
    fn failed_generator_gives_no_signature() {
        let error = key().sign_with_rng(&mut Broken, b"message").unwrap_err();
        assert!(matches!(error, SignError::Rng), "{error}");
        assert_eq!(error.code(), "sign.rng");
    }

    /// A predictable generator.
    struct Multiples(u64);

    impl TryRng for Multiples {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.try_next_u64().map(|number| (number >> 32) as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Ok(self.0)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                *byte = (self.try_next_u64()? >> 56) as u8;
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Multiples {}

    struct Broken;

    impl TryRng for Broken {
        type Error = SignError;

        fn try_next_u32(&mut self) -> Result<u32, SignError> {
            Err(SignError::Rng)
        }

        fn try_next_u64(&mut self) -> Result<u64, SignError> {
            Err(SignError::Rng)
        }

        fn try_fill_bytes(&mut self, _bytes: &mut [u8]) -> Result<(), SignError> {
            Err(SignError::Rng)
        }
    }

    impl TryCryptoRng for Broken {}
}
