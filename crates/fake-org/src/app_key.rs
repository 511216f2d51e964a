//! A generated key and its certificate.

use std::fmt;
use std::time::SystemTime;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rcgen::{CertificateParams, DnType, KeyPair};
use rsa::PrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use zeroize::Zeroizing;

/// An RSA key of 2048 bits for the client, and its certificate for the org.
pub struct AppKey {
    private_key: Zeroizing<String>,
    certificate: String,
}

impl AppKey {
    /// Generates a key. This takes a second: share it between tests.
    ///
    /// # Panics
    /// If the system has no random numbers.
    pub fn generate() -> Self {
        let mut rng = UnwrapErr(SysRng);
        let key = PrivateKey::new(&mut rng, 2048).expect("2048 bits are a size that RSA has");
        let private_key = key.to_pkcs8_pem(LineEnding::LF).expect("a new key can be written down");
        let pair = KeyPair::from_pem(&private_key).expect("what was written down can be read");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "orgtoken fake org app");
        params.not_before = SystemTime::now().into();
        let certificate = params.self_signed(&pair).expect("the key signs its own certificate");
        Self { private_key, certificate: certificate.pem() }
    }

    /// Returns the private key, as PKCS#8 in PEM.
    pub fn secret(&self) -> &str {
        &self.private_key
    }

    /// Returns the certificate, in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::AppKey;
    use crate::app;

    #[test]
    fn certificate_can_be_uploaded_and_debug_shows_no_key() {
        let key = AppKey::generate();
        assert!(key.secret().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(app::public_key(key.certificate_pem().as_bytes()).is_ok());
        assert_eq!(format!("{key:?}"), "AppKey([redacted])");
    }
}
