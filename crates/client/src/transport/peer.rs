use std::net::SocketAddr;

use hyper_rustls::MaybeHttpsStream;
use rustls::ProtocolVersion;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::connector::Stream;

/// The other end of a connection.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Peer {
    /// The address of the connection: the one of the proxy, if there is one.
    pub address: Option<SocketAddr>,
    /// The certificates of the host in DER, its own first; none for plain http. A proxy that
    /// inspects TLS presents its own.
    pub certificates: Vec<Vec<u8>>,
    /// Host and port of the proxy, if there is one.
    pub proxy: Option<String>,
    /// `TLS 1.3` or `TLS 1.2`; `None` for plain http.
    pub tls_version: Option<&'static str>,
}

impl Peer {
    /// Whether a public authority issued the certificate of the host, and not a private one such as
    /// a proxy that inspects TLS. `None` for plain http.
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

    pub(super) fn of(stream: &Stream, proxy: Option<String>) -> Self {
        let (tcp, session) = match stream {
            MaybeHttpsStream::Http(tcp) => (tcp, None),
            MaybeHttpsStream::Https(tls) => {
                let (tcp, session) = tls.inner().get_ref();
                (tcp.inner(), Some(session))
            }
        };
        let certificates = session.and_then(|session| session.peer_certificates());
        Self {
            address: tcp.inner().peer_addr().ok(),
            certificates: certificates.unwrap_or_default().iter().map(|der| der.to_vec()).collect(),
            proxy,
            tls_version: session.and_then(|session| session.protocol_version()).and_then(name),
        }
    }
}

fn name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}
