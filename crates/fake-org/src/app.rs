//! The kind of the app, and the public key in its certificate.

use orgtoken_assertion::PublicKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};

/// The kind of the app.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
#[non_exhaustive]
pub enum AppKind {
    /// Known at the generic hosts as well.
    #[default]
    #[value(name = "connected")]
    ConnectedApp,
    /// Known at My Domain only. The generic hosts answer `app_not_found`.
    #[value(name = "external")]
    ExternalClientApp,
}

/// The reasons why a certificate cannot be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It does not contain a usable RSA key.
    #[error("certificate does not contain a usable RSA key")]
    Key,
    /// It is neither a PEM nor a DER certificate.
    #[error("not an X.509 certificate in PEM or DER")]
    Malformed,
    /// Salesforce does not accept certificates of more than 4 KB.
    #[error("certificate is larger than 4 KB")]
    TooLarge,
}

/// Returns the key of an uploaded certificate. Like Salesforce, it ignores the dates.
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
