/// A certificate that is not trusted.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It has no subject alternative name: a common name does not count ([RFC 9525, Section 2]).
    ///
    /// [RFC 9525, Section 2]: https://www.rfc-editor.org/rfc/rfc9525#section-2
    #[error("it has no subject alternative name")]
    NoName,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It is self-signed and not among the roots.
    #[error("it is self-signed")]
    SelfSigned,
    /// Its issuer is not among the roots.
    #[error("its issuer {}is not trusted", .issuer.as_ref().map(|name| format!("`{name}` ")).unwrap_or_default())]
    UnknownIssuer {
        /// The common name of the issuer, if it is printable. The name of a firewall vendor
        /// indicates a proxy that inspects TLS.
        issuer: Option<String>,
    },
    /// It is malformed, revoked or issued for another purpose.
    #[error("it is malformed or issued for another purpose")]
    Unusable,
    /// It is for other hosts.
    #[error("it is for another host{}", list(.names))]
    WrongName {
        /// The hosts, if they are printable.
        names: Vec<String>,
    },
}

impl CertificateFault {
    /// Parses names as webpki formats them (`DnsName("…")`), and keeps those with the characters of
    /// host names: an unknown server chose them.
    pub(crate) fn wrong_name(presented: &[String]) -> Self {
        if presented.is_empty() {
            return Self::NoName;
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:*".contains(c);
        let names = presented.iter().filter_map(|name| {
            let (_, name) = name.strip_suffix(')')?.split_once('(')?;
            let name = name.trim_matches('"');
            (name.len() < 256 && name.chars().all(fits)).then(|| name.to_owned())
        });
        Self::WrongName { names: names.take(MOST_NAMES).collect() }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Expired | Self::NotYetValid => {
                "check this machine's clock; if it is right, the host needs a new certificate"
            }
            Self::SelfSigned | Self::UnknownIssuer { .. } => {
                "if a proxy inspects TLS here, or the host has a CA of its own, trust that CA's \
                 certificate"
            }
            Self::NoName => "issue a certificate with the host as subject alternative name",
            Self::Unusable => "ask the operator of the host for a valid certificate",
            Self::WrongName { .. } => "check the spelling of the host",
        }
    }
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

/// A failed TLS handshake.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// The connection ended.
    #[error("the connection ended in the handshake")]
    Closed,
    /// The response was not TLS.
    #[error("the response is not TLS")]
    Garbage,
    /// The host requires something that is not offered.
    #[error("the host refused the handshake")]
    Refused,
    /// The host supports neither TLS 1.2 nor 1.3.
    #[error("the host supports neither TLS 1.2 nor TLS 1.3")]
    Version,
}

impl HandshakeFault {
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Closed | Self::Garbage)
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Closed => "try again; behind a firewall, check the proxy",
            Self::Garbage => "check the port, and any proxy in front of the host",
            Self::Refused | Self::Version => "check the host: Salesforce supports TLS 1.2 and 1.3",
        }
    }
}

/// A certificate may have hundreds of names; five show whose it is.
const MOST_NAMES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_names_of_a_certificate_are_shown() {
        let presented =
            ["DnsName(\"a.example\")", "DnsName(\"\u{1b}[31m\")", "IpAddress(::1)", "odd"];
        let fault = CertificateFault::wrong_name(&presented.map(str::to_owned));
        assert_eq!(fault.to_string(), "it is for another host: `a.example`, `::1`");
    }
}
