use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;
use http::uri::Scheme;

use super::error::TransportError;

/// The target of a request: host and port, and whether it uses TLS.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

impl Origin {
    /// Accepts https to any host, and plain http to this machine only: an assertion must not cross
    /// a network in the clear.
    pub(crate) fn of(uri: &Uri) -> Result<Self, TransportError> {
        let host = uri.host().unwrap_or_default();
        let refused = || TransportError::Target { host: host.to_owned() };
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        let origin = Self {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            tls,
        };
        let plain = uri.scheme() == Some(&Scheme::HTTP) && origin.is_loopback();
        if host.is_empty() || !(tls || plain) { Err(refused()) } else { Ok(origin) }
    }

    /// Whether the host is this machine, by its name alone and without a lookup.
    pub(crate) fn is_loopback(&self) -> bool {
        self.literal().map_or_else(
            || self.host.eq_ignore_ascii_case("localhost"),
            |address| address.is_loopback(),
        )
    }

    /// Returns scheme, host and port.
    pub(crate) fn uri(&self) -> Result<Uri, TransportError> {
        let scheme = if self.tls { "https" } else { "http" };
        let uri = format!("{scheme}://{self}/").parse();
        uri.map_err(|_| TransportError::Target { host: self.host.clone() })
    }

    /// Returns the addresses that need no lookup. `localhost` has some ([RFC 6761, Section 6.3]),
    /// so that no resolver can send plain http to another machine.
    ///
    /// [RFC 6761, Section 6.3]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    pub(crate) fn known_addresses(&self) -> Option<Vec<SocketAddr>> {
        if let Some(address) = self.literal() {
            return Some(vec![SocketAddr::new(address, self.port)]);
        }
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        self.is_loopback().then(|| both.map(|ip| SocketAddr::new(ip, self.port)).to_vec())
    }

    fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// `host:port` as in the header `Host` and in `CONNECT`, without a default port.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match (self.port, self.tls) {
            (443, true) | (80, false) => Ok(()),
            (port, _) => write!(f, ":{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (uri, origin) in [
            ("https://acme.my.salesforce.com/x", Some("acme.my.salesforce.com")),
            ("https://acme.my.salesforce.com:8443/x", Some("acme.my.salesforce.com:8443")),
            ("http://127.0.0.1:8080/", Some("127.0.0.1:8080")),
            ("http://[::1]:8080/", Some("[::1]:8080")),
            ("http://LOCALHOST/", Some("LOCALHOST")),
            ("http://localhost.evil.example/", None),
            ("http://127.0.0.1.evil.example/", None),
            ("http://10.0.0.1/", None),
            ("http://acme.my.salesforce.com/", None),
            ("ftp://127.0.0.1/", None),
            ("/services/data/", None),
        ] {
            let found = Origin::of(&uri.parse().unwrap()).ok();
            assert_eq!(found.map(|origin| origin.to_string()).as_deref(), origin, "{uri}");
        }
    }

    #[test]
    fn localhost_needs_no_resolver() {
        let origin = Origin::of(&"http://localhost:81/".parse().unwrap()).unwrap();
        let found = origin.known_addresses().unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 81));
    }
}
