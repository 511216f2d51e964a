use std::fmt;

/// What is wrong with a certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// It names no host as [RFC 9525, Section 2] wants it: a common name does not count.
    ///
    /// [RFC 9525, Section 2]: https://www.rfc-editor.org/rfc/rfc9525#section-2
    NoName,
    /// Its time has not come.
    NotYetValid,
    /// It vouches for itself, and nothing here vouches for it.
    SelfSigned,
    /// Its issuer is not among the roots.
    UnknownIssuer {
        /// The issuer's common name, as far as it is fit to print. The name of a firewall's maker
        /// means a proxy that inspects TLS.
        issuer: Option<String>,
    },
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
            Self::NoName => "give the host a certificate with its name as subject alternative name",
            Self::Unusable => "ask whoever runs the host for a proper certificate",
            Self::WrongName { .. } => "check the spelling of the host",
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = match self {
            Self::Expired => return f.write_str("it has expired"),
            Self::NoName => return f.write_str("it names no host, except as common name perhaps"),
            Self::NotYetValid => return f.write_str("it is not valid yet"),
            Self::SelfSigned => return f.write_str("it is self-signed"),
            Self::UnknownIssuer { issuer: None } => {
                return f.write_str("its issuer is not trusted here");
            }
            Self::UnknownIssuer { issuer: Some(issuer) } => {
                return write!(f, "its issuer `{issuer}` is not trusted here");
            }
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
#[derive(Clone, Debug)]
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
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Closed | Self::Garbage)
    }

    pub(crate) fn hint(&self) -> &'static str {
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

/// A certificate may have hundreds; these are enough to see whose it is.
const MOST_NAMES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate_are_shown_if_they_are_names() {
        let presented =
            ["DnsName(\"a.example\")", "DnsName(\"\u{1b}[31m\")", "IpAddress(::1)", "odd"];
        let fault = CertificateFault::wrong_name(&presented.map(str::to_owned));
        assert_eq!(fault.to_string(), "it is for another host: `a.example`, `::1`");
    }
}
