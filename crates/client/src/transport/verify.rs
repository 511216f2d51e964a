use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, VerifierBuilderError};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::roots::Anchors;

/// The verifier of webpki, with one thing more and one thing said better.
///
/// * A server may present the very certificate that was given as root, even if it says of itself
///   that it is an authority. That is what `openssl req -x509` makes, what curl accepts, and what
///   webpki refuses.
/// * Of a certificate that is not trusted, it says who issued it: itself, or somebody unknown.
///
/// Nothing that the roots do not vouch for is ever accepted.
#[derive(Debug)]
pub(crate) struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(crate) fn new(
        anchors: Anchors,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let webpki =
            WebPkiServerVerifier::builder_with_provider(anchors.store, provider).build()?;
        Ok(Self { webpki, given: anchors.certificates })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            // webpki looks at the dates before it looks at this, so they are good here.
            Err(error) if is_authority(&error) && self.given.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(error) => Err(Untrusted::of(end_entity, &error).map_or(error, |untrusted| {
                CertificateError::Other(OtherError(Arc::new(untrusted))).into()
            })),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
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
