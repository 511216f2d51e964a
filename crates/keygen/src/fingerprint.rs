//! Fingerprints of certificates.

use std::fmt;

/// A digest of a certificate's DER. `Display` uses the format of OpenSSL: `AB:CD:…`.
#[derive(Clone, Eq, PartialEq)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(crate) fn new(digest: impl AsRef<[u8]>) -> Self {
        Self(digest.as_ref().to_vec())
    }

    /// Returns the digest.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in &self.0 {
            write!(f, "{separator}{byte:02X}")?;
            separator = ":";
        }
        Ok(())
    }
}
