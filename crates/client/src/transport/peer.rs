use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConnection, ProtocolVersion};
use webpki::EndEntityCert;

/// Whom a connection leads to, as it turned out when it was made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Peer {
    /// The address that took the connection: the proxy's, if there is one.
    pub address: Option<SocketAddr>,
    /// What the host showed for itself in DER, its own certificate first; none for plain http. The
    /// issuer of a proxy that inspects TLS stands here.
    pub certificates: Vec<Vec<u8>>,
    /// Host and port of the proxy on the way.
    pub proxy: Option<String>,
    /// `TLS 1.3`, or nothing for plain http.
    pub tls_version: Option<&'static str>,
}

impl Peer {
    /// Whether one of the authorities that everyone trusts issued the host's certificate. If not,
    /// it was an authority of the house: that of a proxy that inspects TLS, say. Nothing for plain
    /// http.
    pub fn is_issued_publicly(&self) -> Option<bool> {
        let issuer = |der: &Vec<u8>| {
            let der = CertificateDer::from_slice(der);
            let certificate = EndEntityCert::try_from(&der).ok()?;
            Some(certificate.issuer().to_vec())
        };
        let public = |name: &Vec<u8>| {
            webpki_roots::TLS_SERVER_ROOTS.iter().any(|root| root.subject.as_ref() == *name)
        };
        let certificates = (!self.certificates.is_empty()).then_some(&self.certificates)?;
        Some(certificates.iter().filter_map(issuer).any(|name| public(&name)))
    }

    pub(crate) fn secured(mut self, session: &ClientConnection) -> Self {
        let certificates = session.peer_certificates().unwrap_or_default();
        self.certificates = certificates.iter().map(|der| der.to_vec()).collect();
        self.tls_version = session.protocol_version().and_then(name);
        self
    }
}

fn name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}
