use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, PeerIncompatible,
    SignatureScheme,
};
use tokio::sync::OnceCell;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::name::Name;

use super::error::TransportError;
use super::fault::{CertificateFault, HandshakeFault};
use super::origin::Origin;
use super::roots::{Anchors, Roots, RootsFault};
use crate::thread;

/// TLS 1.2 and 1.3 with ring; roots are loaded at the first use.
pub(crate) struct Tls {
    roots: Roots,
    loaded: OnceCell<Loaded>,
}

struct Loaded {
    config: Arc<ClientConfig>,
    /// The number of roots.
    count: usize,
}

impl Tls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self { roots, loaded: OnceCell::new() }
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Loads the roots if necessary.
    pub(crate) async fn config(&self) -> Result<Arc<ClientConfig>, TransportError> {
        Ok(Arc::clone(&self.loaded().await?.config))
    }

    pub(crate) async fn count(&self) -> Result<usize, TransportError> {
        Ok(self.loaded().await?.count)
    }

    async fn loaded(&self) -> Result<&Loaded, TransportError> {
        let loaded = self.loaded.get_or_try_init(|| async {
            let anchors = load(&self.roots).await?;
            let count = anchors.store.len();
            Ok::<_, RootsFault>(Loaded { config: Arc::new(configure(anchors)), count })
        });
        loaded.await.map_err(TransportError::Roots)
    }
}

async fn load(roots: &Roots) -> Result<Anchors, RootsFault> {
    if !roots.are_on_disk() {
        return roots.load();
    }
    let copy = roots.clone();
    // If the system refuses a thread, this one reads the files.
    thread::run(move || copy.load()).await.unwrap_or_else(|_| roots.load())
}

/// Configures TLS without a key log (`SSLKEYLOGFILE` is ignored) and without early data. Both
/// are defaults of rustls that must stay.
fn configure(anchors: Anchors) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(anchors.store, Arc::clone(&provider))
            .build()
            .expect("there is a root and no revocation list");
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3")
        .dangerous() // It asks rustls' own verifier first.
        .with_custom_certificate_verifier(Arc::new(Verifier { verifier, given: anchors.given }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    config
}

/// The verifier of rustls, with one more case and a more precise error:
///
/// * A server may present a certificate that is among the given roots, even if it is marked as an
///   authority: `openssl req -x509` creates such certificates, and curl accepts them.
/// * The error for an untrusted certificate names its issuer.
#[derive(Debug)]
struct Verifier {
    verifier: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        let Err(error) = verdict else { return verdict };
        if is_authority(&error) && self.given.contains(end_entity) {
            verify_dates(end_entity, now)?;
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        Err(Untrusted::of(end_entity, &error).map_or(error, |untrusted| {
            CertificateError::Other(OtherError(Arc::new(untrusted))).into()
        }))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

fn verify_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let parsed = parse(certificate).ok_or(CertificateError::BadEncoding)?;
    let validity = parsed.tbs_certificate().validity();
    let now = Duration::from_secs(now.as_secs());
    if now < validity.not_before.to_unix_duration() {
        return Err(CertificateError::NotValidYet);
    }
    if now > validity.not_after.to_unix_duration() {
        return Err(CertificateError::Expired);
    }
    Ok(())
}

/// A certificate without a path to a root.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is not trusted")]
struct Untrusted {
    is_self_signed: bool,
    /// The common name of the issuer, if it is printable.
    issuer: Option<String>,
}

impl Untrusted {
    fn of(certificate: &CertificateDer<'_>, error: &Error) -> Option<Self> {
        let parsed = parse(certificate)?;
        let (subject, issuer) =
            (parsed.tbs_certificate().subject(), parsed.tbs_certificate().issuer());
        let is_self_signed = subject == issuer;
        let found = Self { is_self_signed, issuer: common_name(issuer) };
        (is_unknown(error) || (is_authority(error) && is_self_signed)).then_some(found)
    }
}

fn parse(certificate: &CertificateDer<'_>) -> Option<x509_cert::Certificate> {
    x509_cert::Certificate::from_der(certificate).ok()
}

fn common_name(name: &Name) -> Option<String> {
    let found = name.iter().find(|attribute| attribute.oid == COMMON_NAME)?;
    let text = std::str::from_utf8(found.value.value()).ok()?;
    let fits = |c: char| c.is_alphanumeric() || " -._()&,'/:".contains(c);
    (1..=64)
        .contains(&text.len())
        .then_some(text)
        .filter(|text| text.chars().all(fits))
        .map(str::to_owned)
}

fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(error))) = error else {
        return false;
    };
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// [`CertificateError::BadSignature`] means a root with the name of the issuer and another key: an
/// authority that was re-created.
fn is_unknown(error: &Error) -> bool {
    let Error::InvalidCertificate(error) = error else { return false };
    matches!(error, CertificateError::BadSignature | CertificateError::UnknownIssuer)
}

/// Classifies an error of hyper-rustls, which wraps the one of rustls in two `io::Error`s. Names of
/// a certificate are shown only if [`CertificateFault::wrong_name`] accepts them.
pub(super) fn fault(error: &(dyn StdError + 'static), origin: &Origin) -> TransportError {
    let host = origin.host.clone();
    let fault = match inside(error).and_then(inside).and_then(|error| error.downcast_ref()) {
        None => HandshakeFault::Closed,
        Some(Error::InvalidCertificate(error)) => {
            return TransportError::Certificate { host, fault: certificate_fault(error) };
        }
        Some(Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)) => {
            HandshakeFault::Version
        }
        Some(Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)) => {
            HandshakeFault::Version
        }
        Some(Error::AlertReceived(_) | Error::PeerIncompatible(_)) => HandshakeFault::Refused,
        Some(_) => HandshakeFault::Garbage,
    };
    TransportError::Handshake { host, fault }
}

fn inside<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    error.downcast_ref::<io::Error>()?.get_ref().map(|inner| inner as _)
}

fn certificate_fault(error: &CertificateError) -> CertificateFault {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            CertificateFault::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            CertificateFault::wrong_name(presented)
        }
        CertificateError::Other(OtherError(error)) => match error.downcast_ref::<Untrusted>() {
            Some(Untrusted { is_self_signed: true, .. }) => CertificateFault::SelfSigned,
            Some(Untrusted { issuer, .. }) => {
                CertificateFault::UnknownIssuer { issuer: issuer.clone() }
            }
            None => match error.downcast_ref() {
                // Version 1 of X.509 has no extensions, and so no names but the common one.
                Some(webpki::Error::UnsupportedCertVersion) => CertificateFault::NoName,
                _ => CertificateFault::Unusable,
            },
        },
        _ => CertificateFault::Unusable,
    }
}

/// `id-at-commonName` ([RFC 5280, Appendix A.1]).
///
/// [RFC 5280, Appendix A.1]: https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
