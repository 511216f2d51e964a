use alloc::vec::Vec;
use core::fmt;

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::pkcs5::{EncryptionScheme, Error};
use zeroize::Zeroizing;

use super::KeyError;
use super::detect::{self, Kind};

/// The passphrase of an encrypted key.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Returns a passphrase of exactly these bytes. A line break at the end is part of it.
    pub fn new(passphrase: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(passphrase.into()))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([redacted])")
    }
}

/// Decrypts an `EncryptedPrivateKeyInfo` to the PKCS#8 inside ([RFC 8018, Section 6.2]).
///
/// [RFC 8018, Section 6.2]: https://www.rfc-editor.org/rfc/rfc8018#section-6.2
pub(super) fn decrypt(
    bytes: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    match detect::encryption(bytes)? {
        KeyError::Encrypted => (),
        unsupported => return Err(unsupported),
    }
    // Costs that exceed the integers of the parser do not parse either.
    let info = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| UNKNOWN_CIPHER)?;
    affordable(&info.encryption_algorithm)?;
    let mut buffer = Zeroizing::new(info.encrypted_data.as_bytes().to_vec());
    let plain = info.encryption_algorithm.decrypt_in_place(passphrase.0.as_slice(), &mut buffer);
    let len = match plain {
        Ok(plain) => plain.len(),
        Err(Error::UnsupportedAlgorithm { .. }) => return Err(UNKNOWN_CIPHER),
        Err(_) => return Err(KeyError::Passphrase),
    };
    buffer.truncate(len);
    // One wrong passphrase in 256 leads to valid padding by chance.
    if detect::kind(&buffer) != Ok(Kind::Pkcs8) {
        return Err(KeyError::Passphrase);
    }
    Ok(buffer)
}

fn affordable(scheme: &EncryptionScheme) -> Result<(), KeyError> {
    let EncryptionScheme::Pbes2(parameters) = scheme else { return Ok(()) };
    let allowed = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MAX_ITERATIONS,
        Kdf::Scrypt(kdf) => {
            let blocks = kdf.cost_parameter.saturating_mul(u64::from(kdf.block_size));
            blocks <= MAX_BLOCKS
                && blocks.saturating_mul(u64::from(kdf.parallelization)) <= MAX_WORK
        }
        _ => false,
    };
    if allowed { Ok(()) } else { Err(KeyError::Kdf) }
}

/// About a second of work, and more than is recommended today (1,300,000 for SHA-1).
const MAX_ITERATIONS: u32 = 2_000_000;
/// Blocks of 128 bytes: 64 MiB.
const MAX_BLOCKS: u64 = 1 << 19;
/// Blocks times parallelization.
const MAX_WORK: u64 = 1 << 20;
const UNKNOWN_CIPHER: KeyError =
    KeyError::UnsupportedEncryption { found: "PBES2, of an unknown kind" };
