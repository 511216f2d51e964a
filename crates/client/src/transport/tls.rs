use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::SigningKey;
use rustls::{CertificateError, ClientConfig, Error, OtherError, PeerIncompatible};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::TransportError;
use super::exchange::Stream;
use super::fault::{CertificateFault, HandshakeFault};
use super::origin::Origin;
use super::roots::{Anchors, Roots, RootsFault};
use super::verify::{Untrusted, Verifier};

/// TLS 1.2 and 1.3 with ring; the roots are loaded at the first use.
pub(crate) struct Tls {
    roots: Roots,
    loaded: OnceCell<Loaded>,
}

struct Loaded {
    config: Arc<ClientConfig>,
    /// How many roots there are.
    count: usize,
}

impl Tls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self { roots, loaded: OnceCell::new() }
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Loads the roots unless that was done before; worth running beside a connection attempt.
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
    let roots = roots.clone();
    // The task is neither aborted nor does it panic; if it were, there would be no roots.
    tokio::task::spawn_blocking(move || roots.load()).await.unwrap_or(Err(RootsFault::Empty))
}

/// There is no key log, whatever `SSLKEYLOGFILE` says, and no early data: both are rustls' defaults
/// and both must stay.
fn configure(anchors: Anchors) -> ClientConfig {
    let provider = CryptoProvider { key_provider: &NoKeys, ..ring::default_provider() };
    let provider = Arc::new(provider);
    let verifier = Verifier::new(anchors, provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3")
        .dangerous() // Its checks are webpki's, and no laxer than curl's.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    config
}

/// No client has a certificate here. What reads and uses the keys of some is left out of programs.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("there are no client certificates".to_owned()))
    }
}

/// Makes `stream` a TLS connection to `origin`.
pub(crate) async fn handshake(
    config: Arc<ClientConfig>,
    stream: Box<dyn Stream>,
    origin: &Origin,
) -> Result<TlsStream<Box<dyn Stream>>, TransportError> {
    let name = ServerName::try_from(origin.host.clone())
        .map_err(|_| TransportError::Target { host: origin.host.clone() })?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| fault(&error, origin))
}

/// Sorts what went wrong. Only names that pass [`CertificateFault::wrong_name`] are repeated.
fn fault(error: &io::Error, origin: &Origin) -> TransportError {
    let host = origin.host.clone();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let fault = match inner {
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
