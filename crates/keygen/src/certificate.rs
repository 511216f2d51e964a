//! X.509 certificates, which an app in Salesforce verifies signatures with.

mod build;

use std::fmt;

use orgtoken_assertion::{KeyError, PublicKey, PublicKeyError, Signer, UnixTime, certificate_der};
use rand_core::TryCryptoRng;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::der::pem::{self, LineEnding};
use x509_cert::der::{Decode, Encode};
use x509_cert::time::Time;

use crate::error::{CertificateError, MAX_LEN};
use crate::subject::{Subject, rfc4514};
use crate::validity::Validity;

/// An X.509 certificate ([RFC 5280]). It contains no secret.
///
/// [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280
#[derive(Clone, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// The maximum size that Salesforce accepts, in bytes.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Creates a self-signed certificate of version 3, signed by RSA with SHA-256.
    ///
    /// The serial number is 16 random octets.
    pub fn self_signed(
        signer: &dyn Signer,
        subject: &Subject,
        validity: Validity,
        rng: &mut (impl TryCryptoRng + ?Sized),
    ) -> Result<Self, CertificateError> {
        let certificate = build::self_signed(signer, subject.name(), validity.to_x509()?, rng)?;
        let len = certificate.to_pem().len();
        if len > Self::MAX_LEN {
            return Err(CertificateError::TooLarge { len });
        }
        Ok(certificate)
    }

    /// Reads the first certificate in PEM, DER or base64. Pasted PEM is repaired like that of a
    /// key.
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        let is_der = bytes.first() == Some(&SEQUENCE);
        Self::from_der(certificate_der(bytes).map_err(|error| parse_error(error, is_der))?)
    }

    fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|_| CertificateError::Der)?;
        Ok(Self { der, parsed })
    }

    /// Returns the certificate as PEM, the form to upload, with a line break at the end.
    pub fn to_pem(&self) -> String {
        pem::encode_string("CERTIFICATE", LineEnding::LF, &self.der)
            .expect("a certificate that was parsed is not too long for PEM")
    }

    /// Returns the subject: `CN=my-integration,O=Acme`.
    pub fn subject(&self) -> String {
        rfc4514(self.parsed.tbs_certificate().subject())
    }

    /// Returns the issuer. For a self-signed certificate it equals the subject.
    pub fn issuer(&self) -> String {
        rfc4514(self.parsed.tbs_certificate().issuer())
    }

    /// Returns the start of the validity.
    pub fn not_before(&self) -> UnixTime {
        unix_time(&self.parsed.tbs_certificate().validity().not_before)
    }

    /// Returns the end of the validity. As far as is known, Salesforce accepts signatures after it,
    /// too.
    pub fn not_after(&self) -> UnixTime {
        unix_time(&self.parsed.tbs_certificate().validity().not_after)
    }

    /// Returns the whole days from `now` until it expires, negative if it has expired.
    pub fn days_left(&self, now: UnixTime) -> i64 {
        let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        seconds(self.not_after()).saturating_sub(seconds(now)).div_euclid(DAY)
    }

    /// Returns the public key.
    pub fn public_key(&self) -> Result<PublicKey, CertificateError> {
        let spki = self.parsed.tbs_certificate().subject_public_key_info().to_der();
        PublicKey::from_spki_der(&spki.map_err(|_| CertificateError::Der)?)
            .map_err(CertificateError::Key)
    }

    /// Whether the public key is that of the signer.
    pub fn belongs_to(&self, signer: &dyn Signer) -> bool {
        self.public_key().is_ok_and(|key| key == *signer.public_key())
    }

    /// Returns the SHA-256 fingerprint, in the format of OpenSSL: `AB:CD:…`.
    pub fn sha256(&self) -> String {
        fingerprint(&Sha256::digest(&self.der))
    }

    /// Returns the SHA-1 fingerprint. It is not secure, but many tools show it.
    pub fn sha1(&self) -> String {
        fingerprint(&Sha1::digest(&self.der))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, SHA-256 {})", self.subject(), self.sha256())
    }
}

/// Converts the error of an input that is not a certificate.
fn parse_error(error: PublicKeyError, is_der: bool) -> CertificateError {
    match error {
        PublicKeyError::Empty => CertificateError::Empty,
        PublicKeyError::NotPublic { found } => CertificateError::NotACertificate { found },
        PublicKeyError::Key(KeyError::TooLong { len }) => CertificateError::InputTooLarge { len },
        PublicKeyError::Key(KeyError::Algorithm { .. }) => {
            CertificateError::NotACertificate { found: Some("a private key") }
        }
        PublicKeyError::Key(KeyError::Der { .. }) => CertificateError::Der,
        PublicKeyError::Key(KeyError::Truncated { .. }) if is_der => CertificateError::Der,
        _ => CertificateError::Pem,
    }
}

fn fingerprint(digest: &[u8]) -> String {
    let octets: Vec<_> = digest.iter().map(|octet| format!("{octet:02X}")).collect();
    octets.join(":")
}

fn unix_time(time: &Time) -> UnixTime {
    UnixTime::since_epoch(time.to_unix_duration())
}

/// The first octet of every certificate in DER.
const SEQUENCE: u8 = 0x30;

/// A day in seconds.
const DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests;
