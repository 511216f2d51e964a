use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

use super::deadline::{Elapsed, Phase};
use super::dial::DialError;
use super::origin::Origin;
use super::proxy::ProxyFault;
use super::roots::RootsFault;

/// Why there is no answer, or none worth reading.
///
/// No variant holds a byte of the request or of the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The host could not prove who it is.
    #[error("cannot trust the certificate of `{host}`: {fault}")]
    Certificate {
        /// Without the port.
        host: String,
        /// What is wrong with it.
        fault: CertificateFault,
    },
    /// No address of the host took a connection.
    #[error("cannot connect to `{host}`")]
    Connect {
        /// With the port, if it is an unusual one.
        host: String,
        /// What the last address that was tried had to say.
        source: io::Error,
    },
    /// The answer is compressed, which was not asked for.
    #[error("the answer is compressed")]
    Encoding,
    /// The TLS handshake went wrong, for another reason than the certificate.
    #[error("no TLS with `{host}`: {fault}")]
    Handshake {
        /// Without the port.
        host: String,
        /// What went wrong.
        fault: HandshakeFault,
    },
    /// The answer has too many headers, too long ones, or one that is none.
    #[error("the headers of the answer are too long, too many or malformed")]
    Headers,
    /// The host has no address.
    #[error("cannot find the address of `{host}`")]
    Lookup {
        /// Without the port.
        host: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The answer is not HTTP/1.1 as [RFC 9112] has it.
    ///
    /// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112
    #[error("the answer is not valid HTTP/1.1")]
    Protocol,
    /// The proxy did not let the connection through.
    #[error("proxy `{proxy}`: {fault}")]
    Proxy {
        /// Host and port, without the credentials.
        proxy: String,
        /// What went wrong.
        #[source]
        fault: ProxyFault,
    },
    /// There are no root certificates.
    #[error("cannot load the root certificates")]
    Roots(#[source] RootsFault),
    /// The request is for neither https nor this machine.
    #[error("`{host}` is not reached by https")]
    Target {
        /// As the request has it.
        host: String,
    },
    /// A phase of the exchange, or all of it, took too long.
    #[error("waited {} for {phase} of `{host}`", Seconds(*after))]
    Timeout {
        /// With the port, if it is an unusual one.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// The limit that was reached.
        after: Duration,
    },
    /// The body is longer than the limit; no more than that was read.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The connection ended too early.
    #[error("the connection ended before {phase} was complete")]
    Truncated {
        /// What was being read.
        phase: Phase,
    },
}

impl TransportError {
    /// A short name that stays the same: `net.*`, `tls.*`, `proxy.*` or `resp.*`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "tls.cert",
            Self::Connect { .. } => "net.connect",
            Self::Encoding => "resp.encoding",
            Self::Handshake { .. } => "net.tls",
            Self::Headers => "resp.headers",
            Self::Lookup { .. } => "net.dns",
            Self::Protocol => "resp.protocol",
            Self::Proxy { fault, .. } => fault.code(),
            Self::Roots(_) => "tls.roots",
            Self::Target { .. } => "net.target",
            Self::Timeout { phase, .. } => timeout_code(*phase),
            Self::TooLarge { .. } => "resp.too_large",
            Self::Truncated { .. } => "resp.truncated",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Certificate { fault, .. } => fault.hint(),
            Self::Connect { .. } => "check the host name and, behind a firewall, the proxy",
            Self::Encoding | Self::Protocol | Self::Headers | Self::TooLarge { .. } => {
                "check that the host is a Salesforce login host, and what proxy stands before it"
            }
            Self::Handshake { fault, .. } => fault.hint(),
            Self::Lookup { .. } => {
                "check the spelling of the host: Setup, My Domain shows the current one"
            }
            Self::Proxy { fault, .. } => return fault.hint().map(Cow::Borrowed),
            Self::Roots(_) => {
                "give `--ca-file` a PEM file of certificates, or use `--bundled-roots`"
            }
            Self::Target { .. } => "use an https URL",
            Self::Timeout { .. } => "try again, or give it more time with `--timeout`",
            Self::Truncated { .. } => "try again",
        };
        Some(Cow::Borrowed(hint))
    }

    /// Whether the same may work a little later with nobody acting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Lookup { .. }
            | Self::Timeout { .. }
            | Self::Truncated { .. } => true,
            Self::Handshake { fault, .. } => fault.is_transient(),
            Self::Proxy { fault, .. } => fault.is_transient(),
            Self::Certificate { .. }
            | Self::Encoding
            | Self::Headers
            | Self::Protocol
            | Self::Roots(_)
            | Self::Target { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    pub(crate) fn timeout(elapsed: Elapsed, origin: &Origin) -> Self {
        let Elapsed { phase, after } = elapsed;
        Self::Timeout { host: origin.to_string(), phase, after }
    }

    pub(crate) fn dial(error: DialError, origin: &Origin) -> Self {
        match error {
            DialError::Connect(source) => Self::Connect { host: origin.to_string(), source },
            DialError::Elapsed(elapsed) => Self::timeout(elapsed, origin),
            DialError::Lookup(source) => Self::Lookup { host: origin.host.clone(), source },
        }
    }
}

fn timeout_code(phase: Phase) -> &'static str {
    match phase {
        Phase::Body | Phase::Head => "resp.timeout",
        Phase::Connect => "net.connect",
        Phase::Handshake => "net.tls",
        Phase::Lookup => "net.dns",
        Phase::Tunnel => "proxy.timeout",
    }
}

/// What is wrong with a certificate.
#[derive(Debug)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It vouches for itself, and nothing here vouches for it.
    SelfSigned,
    /// Its issuer is not among the roots.
    UnknownIssuer,
    /// It is malformed, revoked or made for another purpose.
    Unusable,
    /// It is for other hosts.
    WrongName {
        /// Those hosts, as far as they are fit to print.
        names: Vec<String>,
    },
}

impl CertificateFault {
    /// Takes names as webpki writes them, `DnsName("…")`, and keeps what a host name may hold: they
    /// come from whoever answered.
    pub(crate) fn wrong_name(presented: &[String]) -> Self {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:*".contains(c);
        let names = presented.iter().filter_map(|name| {
            let (_, name) = name.strip_suffix(')')?.split_once('(')?;
            let name = name.trim_matches('"');
            (name.len() < 256 && name.chars().all(fits)).then(|| name.to_owned())
        });
        Self::WrongName { names: names.take(MOST_NAMES).collect() }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Expired | Self::NotYetValid => {
                "check this machine's clock; if it is right, the host needs a new certificate"
            }
            Self::SelfSigned | Self::UnknownIssuer => {
                "if a proxy inspects TLS here, or the host has a CA of its own, give that CA's \
                 certificate with `--ca-file`"
            }
            Self::Unusable => "ask whoever runs the host for a proper certificate",
            Self::WrongName { .. } => "check the spelling of the host",
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = match self {
            Self::Expired => return f.write_str("it has expired"),
            Self::NotYetValid => return f.write_str("it is not valid yet"),
            Self::SelfSigned => return f.write_str("it is self-signed"),
            Self::UnknownIssuer => return f.write_str("its issuer is not trusted here"),
            Self::Unusable => return f.write_str("it is malformed or made for something else"),
            Self::WrongName { names } => names,
        };
        f.write_str("it is for another host")?;
        for (index, name) in names.iter().enumerate() {
            write!(f, "{} `{name}`", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

/// What went wrong in a TLS handshake.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// The connection ended.
    Closed,
    /// What came was not TLS.
    Garbage,
    /// The host wants something that is not on offer.
    Refused,
    /// The host speaks neither TLS 1.2 nor 1.3.
    Version,
}

impl HandshakeFault {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Closed | Self::Garbage)
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Closed => "try again; behind a firewall, check the proxy",
            Self::Garbage => "check the port, and what proxy stands before the host",
            Self::Refused | Self::Version => "check the host: Salesforce speaks TLS 1.2 and 1.3",
        }
    }
}

impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the connection ended in the handshake",
            Self::Garbage => "what came back is not TLS",
            Self::Refused => "the host refused the handshake",
            Self::Version => "the host speaks neither TLS 1.2 nor TLS 1.3",
        })
    }
}

/// `20 s`, `0.25 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

const MOST_NAMES: usize = 5;
