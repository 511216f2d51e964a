//! The app that the assertions name: its consumer key, its certificate, its policies.

use orgtoken_assertion::PublicKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};

/// What kind of app holds the certificate.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
#[non_exhaustive]
pub enum AppKind {
    /// Known at the generic hosts too.
    #[default]
    #[value(name = "connected")]
    ConnectedApp,
    /// Known at My Domain alone: the generic hosts answer `app_not_found`.
    #[value(name = "external")]
    ExternalClientApp,
}

/// Why a certificate cannot be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It does not hold an RSA key that the org could verify with.
    #[error("certificate holds no usable RSA key")]
    Key,
    /// It is neither PEM nor DER of a certificate.
    #[error("not an X.509 certificate in PEM or DER")]
    Malformed,
    /// Salesforce takes no certificate of more than 4 KB.
    #[error("certificate is larger than 4 KB")]
    TooLarge,
}

/// Takes the key out of an uploaded certificate. Its dates do not matter, as they do not there.
pub(crate) fn public_key(certificate: &[u8]) -> Result<PublicKey, CertificateError> {
    if certificate.len() > MAX_CERTIFICATE {
        return Err(CertificateError::TooLarge);
    }
    let parsed = if certificate.trim_ascii_start().starts_with(b"-----BEGIN") {
        Certificate::from_pem(certificate.trim_ascii())
    } else {
        Certificate::from_der(certificate)
    };
    let certificate = parsed.map_err(|_| CertificateError::Malformed)?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let der = spki.to_der().map_err(|_| CertificateError::Malformed)?;
    PublicKey::from_spki_der(&der).map_err(|_| CertificateError::Key)
}

const MAX_CERTIFICATE: usize = 4096;
