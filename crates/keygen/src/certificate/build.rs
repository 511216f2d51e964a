//! Builds a certificate with `x509-cert`.

use orgtoken_assertion::{PublicKey, SignError, Signer};
use rand_core::TryCryptoRng;
use rsa::signature::Keypair;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::asn1::{Any, BitString, Null};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{
    self, AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use x509_cert::time::Validity;

use super::Certificate;
use crate::error::CertificateError;

pub(super) fn self_signed(
    signer: &dyn Signer,
    subject: &Name,
    validity: Validity,
    rng: &mut (impl TryCryptoRng + ?Sized),
) -> Result<Certificate, CertificateError> {
    let spki = signer.public_key().to_spki_der();
    let spki = SubjectPublicKeyInfoOwned::from_der(&spki).map_err(|_| CertificateError::Der)?;
    let profile = SelfSigned { subject: subject.clone() };
    let mut builder = CertificateBuilder::new(profile, serial_number(rng)?, validity, spki)
        .map_err(|_| CertificateError::Validity)?;
    let key = Key(signer.public_key());
    let to_sign = builder.finalize(&key).map_err(|_| CertificateError::Subject)?;

    let signature = signer.sign(&to_sign).map_err(CertificateError::Sign)?;
    if !signer.public_key().verify(&to_sign, &signature) {
        return Err(CertificateError::Sign(SignError::Mismatch));
    }

    let signature =
        BitString::from_bytes(signature.as_bytes()).map_err(|_| CertificateError::Der)?;
    let built = builder.assemble(signature, &key).map_err(|_| CertificateError::Der)?;
    Certificate::from_der(built.to_der().map_err(|_| CertificateError::Der)?)
}

/// Returns a positive number of 16 octets ([RFC 5280, Section 4.1.2.2]).
///
/// [RFC 5280, Section 4.1.2.2]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.2
fn serial_number(rng: &mut (impl TryCryptoRng + ?Sized)) -> Result<SerialNumber, CertificateError> {
    let mut octets = [0; 16];
    rng.try_fill_bytes(&mut octets).map_err(|_| CertificateError::Sign(SignError::Rng))?;
    // Positive, and always 16 octets long.
    octets[0] = octets[0] & 0x7f | 0x40;
    SerialNumber::new(&octets).map_err(|_| CertificateError::Der)
}

/// The profile of a self-signed certificate for signatures.
struct SelfSigned {
    subject: Name,
}

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let constraints = BasicConstraints { ca: false, path_len_constraint: None };
        let subject = tbs.subject();
        Ok(vec![
            SubjectKeyIdentifier::try_from(key)?.to_extension(subject, &[])?,
            constraints.to_extension(subject, &[])?,
            KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(subject, &[])?,
        ])
    }
}

/// Adapts a public key to the traits of the builder.
struct Key<'a>(&'a PublicKey);

impl Keypair for Key<'_> {
    type VerifyingKey = Spki;

    fn verifying_key(&self) -> Spki {
        Spki(self.0.to_spki_der())
    }
}

impl DynSignatureAlgorithmIdentifier for Key<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        let parameters = Some(Any::encode_from(&Null)?);
        Ok(AlgorithmIdentifierOwned { oid: SHA_256_WITH_RSA, parameters })
    }
}

#[derive(Clone)]
struct Spki(Vec<u8>);

impl EncodePublicKey for Spki {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.0.as_slice())?)
    }
}

/// sha256WithRSAEncryption ([RFC 4055, Section 5]).
///
/// [RFC 4055, Section 5]: https://www.rfc-editor.org/rfc/rfc4055#section-5
const SHA_256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
