use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::roots::Anchors;

/// The checks of webpki, with one thing more and one thing said better. They are called one by one,
/// since its own verifier brings 30 KB that read revocation lists, which nobody gives us.
///
/// * A server may present the very certificate that was given as root, even if it says of itself
///   that it is an authority. That is what `openssl req -x509` makes, what curl accepts, and what
///   webpki refuses.
/// * Of a certificate that is not trusted, it says who issued it: itself, or somebody unknown.
///
/// Nothing that the roots do not vouch for is ever accepted.
#[derive(Debug)]
pub(crate) struct Verifier {
    roots: Arc<RootCertStore>,
    given: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(crate) fn new(anchors: Anchors, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { roots: anchors.store, given: anchors.certificates, algorithms }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let verdict = verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        );
        match verdict {
            Ok(()) => {}
            // webpki looks at the dates before it looks at this, so they are good here.
            Err(error) if is_authority(&error) && self.given.contains(end_entity) => {}
            Err(error) => {
                return Err(Untrusted::of(end_entity, &error).map_or(error, |untrusted| {
                    CertificateError::Other(OtherError(Arc::new(untrusted))).into()
                }));
            }
        }
        verify_server_name(&certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A certificate that nobody vouches for.
#[derive(Debug, thiserror::Error)]
#[error("nobody vouches for the certificate")]
pub(crate) struct Untrusted {
    pub(crate) is_self_signed: bool,
    /// The issuer's common name, if it has one that is fit to print.
    pub(crate) issuer: Option<String>,
}

impl Untrusted {
    fn of(certificate: &CertificateDer<'_>, error: &Error) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        let is_self_signed = certificate.subject() == certificate.issuer();
        let found = Self { is_self_signed, issuer: common_name(certificate.issuer()) };
        (is_unknown(error) || (is_authority(error) && is_self_signed)).then_some(found)
    }
}

/// Finds the text after the identifier of a common name. It is shown and decides nothing, so it
/// need not be found in every name that X.501 allows.
fn common_name(name: &[u8]) -> Option<String> {
    let at = name.windows(COMMON_NAME.len()).position(|bytes| bytes == COMMON_NAME)?;
    let [_string, length @ 0..=64, text @ ..] = &name[at + COMMON_NAME.len()..] else {
        return None;
    };
    let text = std::str::from_utf8(text.get(..usize::from(*length))?).ok()?;
    let fits = |c: char| c.is_alphanumeric() || " -._()&,'/:".contains(c);
    (!text.is_empty() && text.chars().all(fits)).then(|| text.to_owned())
}

fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(error))) = error else {
        return false;
    };
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// [`CertificateError::BadSignature`] is a root of the issuer's name with another key: an authority
/// that was made anew.
fn is_unknown(error: &Error) -> bool {
    let Error::InvalidCertificate(error) = error else { return false };
    matches!(error, CertificateError::BadSignature | CertificateError::UnknownIssuer)
}

/// `id-at-commonName` as an OBJECT IDENTIFIER in DER ([RFC 5280, Appendix A.1]).
///
/// [RFC 5280, Appendix A.1]: https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
