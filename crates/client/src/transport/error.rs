use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_assertion::Diagnostic;

use super::connector::DialError;
use super::deadline::{Elapsed, Phase};
use super::fault::{CertificateFault, HandshakeFault};
use super::origin::Origin;
use super::proxy::ProxyFault;
use super::roots::RootsFault;

/// An exchange without a valid response.
///
/// No variant contains a byte of the request or of the response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The certificate of the host is not trusted.
    #[error("cannot trust the certificate of `{host}`: {fault}")]
    Certificate {
        /// Without the port.
        host: String,
        /// The fault of the certificate.
        fault: CertificateFault,
    },
    /// The connection was closed before the request was sent.
    #[error("the connection was closed before the request was sent")]
    Closed,
    /// No address of the host accepted a connection.
    #[error("cannot connect to `{host}`")]
    Connect {
        /// With the port, if it is an unusual one.
        host: String,
        /// The error of the last address.
        source: Arc<io::Error>,
    },
    /// The response is compressed, although the request did not allow it.
    #[error("the response is compressed")]
    Encoding,
    /// The TLS handshake failed, not because of the certificate.
    #[error("no TLS with `{host}`: {fault}")]
    Handshake {
        /// Without the port.
        host: String,
        /// The fault.
        fault: HandshakeFault,
    },
    /// The response has too many headers, too long ones or a malformed one.
    #[error("the headers of the response are too long, too many or malformed")]
    Headers,
    /// The host has no address.
    #[error("cannot find the address of `{host}`")]
    Lookup {
        /// Without the port.
        host: String,
        /// The error of the resolver.
        source: Arc<io::Error>,
    },
    /// The response is a part of the content ([RFC 9110, Section 15.3.7]), although the request
    /// names no range.
    ///
    /// [RFC 9110, Section 15.3.7]: https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7
    #[error("the response is only a part of the content (206), and no part was requested")]
    Part,
    /// The response is not HTTP/1.1 ([RFC 9112]).
    ///
    /// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112
    #[error("the response is not valid HTTP/1.1")]
    Protocol,
    /// The proxy did not open the connection.
    #[error("cannot use the proxy `{proxy}`")]
    Proxy {
        /// Host and port, without the credentials.
        proxy: String,
        /// The fault.
        #[source]
        fault: ProxyFault,
    },
    /// The root certificates cannot be loaded.
    #[error("cannot load the root certificates")]
    Roots(#[source] RootsFault),
    /// The request is neither for https nor for this machine.
    #[error("refusing a connection to `{host}` without https")]
    Target {
        /// The host in the request.
        host: String,
    },
    /// A phase or the whole exchange timed out.
    #[error("{} `{host}` within {} s", timed_out(*phase).1, .after.as_secs_f64())]
    Timeout {
        /// With the port, if it is an unusual one.
        host: String,
        /// The phase.
        phase: Phase,
        /// The limit.
        after: Duration,
    },
    /// The body is longer than the limit, and was not read further.
    #[error("the response is longer than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The connection ended early.
    #[error("the connection ended before {phase} was complete")]
    Truncated {
        /// The phase.
        phase: Phase,
    },
}

impl Diagnostic for TransportError {
    fn code(&self) -> &str {
        match self {
            Self::Certificate { .. } => "tls.cert",
            Self::Closed => "net.closed",
            Self::Connect { .. } => "net.connect",
            Self::Encoding => "resp.encoding",
            Self::Handshake { .. } => "net.tls",
            Self::Headers => "resp.headers",
            Self::Lookup { .. } => "net.dns",
            Self::Part => "resp.part",
            Self::Protocol => "resp.protocol",
            Self::Proxy { fault, .. } => fault.code(),
            Self::Roots(_) => "tls.roots",
            Self::Target { .. } => "net.target",
            Self::Timeout { phase, .. } => timed_out(*phase).0,
            Self::TooLarge { .. } => "resp.too_large",
            Self::Truncated { .. } => "resp.truncated",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Certificate { fault, .. } => fault.hint(),
            Self::Connect { .. } => "check the host name and, behind a firewall, the proxy",
            Self::Encoding | Self::Protocol | Self::Headers | Self::TooLarge { .. } => {
                "check that the host is a Salesforce login host, and check any proxy in front of it"
            }
            Self::Handshake { fault, .. } => fault.hint(),
            Self::Part => "check the proxy between this machine and Salesforce: it may cache parts",
            Self::Lookup { .. } => {
                "check the spelling of the host: Setup, My Domain shows the current one"
            }
            Self::Proxy { fault, .. } => return fault.hint().map(Cow::Borrowed),
            Self::Roots(fault) => fault.hint(),
            Self::Target { .. } => "use an https URL",
            Self::Timeout { .. } => "try again, or raise the time limit",
            Self::Closed | Self::Truncated { .. } => "try again",
        };
        Some(Cow::Borrowed(hint))
    }
}

impl TransportError {
    /// Whether the same request may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Closed
            | Self::Connect { .. }
            | Self::Lookup { .. }
            | Self::Timeout { .. }
            | Self::Truncated { .. } => true,
            Self::Handshake { fault, .. } => fault.is_transient(),
            Self::Proxy { fault, .. } => fault.is_transient(),
            Self::Certificate { .. }
            | Self::Encoding
            | Self::Headers
            | Self::Part
            | Self::Protocol
            | Self::Roots(_)
            | Self::Target { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    /// Whether the host certainly never saw the request.
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::Certificate { .. }
            | Self::Closed
            | Self::Connect { .. }
            | Self::Handshake { .. }
            | Self::Lookup { .. }
            | Self::Proxy { .. }
            | Self::Roots(_)
            | Self::Target { .. } => true,
            Self::Timeout { phase, .. } => !matches!(phase, Phase::Body | Phase::Head),
            Self::Encoding
            | Self::Headers
            | Self::Part
            | Self::Protocol
            | Self::TooLarge { .. }
            | Self::Truncated { .. } => false,
        }
    }

    pub(crate) fn timeout(elapsed: Elapsed, origin: &Origin) -> Self {
        let Elapsed { phase, after } = elapsed;
        Self::Timeout { host: origin.to_string(), phase, after }
    }

    pub(super) fn dial(error: DialError, origin: &Origin) -> Self {
        match error {
            DialError::Connect(source) => {
                Self::Connect { host: origin.to_string(), source: Arc::new(source) }
            }
            DialError::Elapsed(elapsed) => Self::timeout(elapsed, origin),
            DialError::Lookup(source) => {
                Self::Lookup { host: origin.host.clone(), source: Arc::new(source) }
            }
        }
    }
}

/// Returns the code of a phase that timed out, and the beginning of the message.
fn timed_out(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Body => ("resp.timeout", "no complete response from"),
        Phase::Connect => ("net.connect", "no connection to"),
        Phase::Handshake => ("net.tls", "no TLS with"),
        Phase::Head => ("resp.timeout", "no response from"),
        Phase::Lookup => ("net.dns", "no address of"),
        Phase::Tunnel => ("proxy.timeout", "no tunnel to"),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::iter;

    use super::*;

    fn timeout(phase: Phase) -> TransportError {
        let host = "acme.my.salesforce.com".to_owned();
        TransportError::Timeout { host, phase, after: Duration::from_secs(5) }
    }

    #[test]
    fn timeout_has_the_code_of_its_phase() {
        for (row, phase, code) in [
            ("silent resolver", Phase::Lookup, "net.dns"),
            ("black hole", Phase::Connect, "net.connect"),
            ("stall", Phase::Handshake, "net.tls"),
            ("slow proxy", Phase::Tunnel, "proxy.timeout"),
            ("slow head", Phase::Head, "resp.timeout"),
            ("slow body", Phase::Body, "resp.timeout"),
        ] {
            let error = timeout(phase);
            assert_eq!((error.code(), error.is_transient()), (code, true), "{row}");
            assert!(error.to_string().ends_with(" `acme.my.salesforce.com` within 5 s"), "{row}");
        }
    }

    #[test]
    fn causes_do_not_repeat_their_error() {
        let host = "acme.com".to_owned();
        let refused = || Arc::new(io::ErrorKind::ConnectionRefused.into());
        let proxy = |fault| TransportError::Proxy { proxy: "proxy.acme.com".to_owned(), fault };
        for (error, links) in [
            (TransportError::Connect { host, source: refused() }, 2),
            (
                TransportError::Roots(RootsFault::Unreadable {
                    name: "a".to_owned(),
                    source: refused(),
                }),
                3,
            ),
            (proxy(ProxyFault::Closed), 2),
            (proxy(ProxyFault::Connect(refused())), 3),
        ] {
            let causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
            let chain: Vec<_> = causes.map(ToString::to_string).collect();
            assert_eq!(chain.len(), links, "{chain:?}");
            assert!(chain.windows(2).all(|pair| !pair[0].contains(&pair[1])), "{chain:?}");
        }
    }

    #[test]
    fn unknown_host_is_named() {
        let host = "acme.my.salesforce.com".to_owned();
        let error =
            TransportError::Lookup { host, source: Arc::new(io::ErrorKind::NotFound.into()) };
        assert_eq!(error.to_string(), "cannot find the address of `acme.my.salesforce.com`");
        assert_eq!((error.code(), error.is_transient()), ("net.dns", true));
    }
}
