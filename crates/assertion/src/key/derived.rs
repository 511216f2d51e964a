use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SigningKey;

impl SigningKey {
    /// Returns 32 bytes that only a holder of this key can compute, to derive other keys from.
    ///
    /// They depend on the numbers of the key and on `purpose`, but not on the form in which the key
    /// was given.
    pub fn derive(&self, purpose: &str) -> DerivedSecret {
        let mut hash = Sha256::new();
        hash.update((purpose.len() as u64).to_be_bytes());
        hash.update(purpose);
        // The larger factor comes first, whatever their order in the key.
        for prime in [&self.private().p, &self.private().q] {
            let bytes = Zeroizing::new(prime.to_be_bytes_trimmed_vartime());
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(&*bytes);
        }
        DerivedSecret(Zeroizing::new(hash.finalize().into()))
    }
}

/// A secret derived from a private key. It does not reveal the key.
pub struct DerivedSecret(Zeroizing<[u8; 32]>);

impl DerivedSecret {
    /// Returns the bytes.
    pub fn secret(&self) -> &[u8] {
        &*self.0
    }
}

impl fmt::Debug for DerivedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn key(bytes: &[u8]) -> SigningKey {
        SigningKey::from_bytes(bytes).unwrap()
    }

    #[test]
    fn derived_secret_depends_on_key_and_purpose_but_not_on_form() {
        let pem = key(include_bytes!("../../testdata/rfc7515-a2.pem"));
        let jwk = key(include_bytes!("../../testdata/rfc7515-a2.jwk"));
        let other = key(include_bytes!("../../testdata/rfc7520-4.1.pem"));
        assert_eq!(pem.derive("cache").secret(), jwk.derive("cache").secret());
        assert_ne!(pem.derive("cache").secret(), pem.derive("other").secret());
        assert_ne!(pem.derive("cache").secret(), other.derive("cache").secret());
    }

    #[test]
    fn debug_of_a_derived_secret_is_redacted() {
        let key = key(include_bytes!("../../testdata/rfc7515-a2.pem"));
        assert_eq!(format!("{:?}", key.derive("cache")), "DerivedSecret([redacted])");
    }
}
