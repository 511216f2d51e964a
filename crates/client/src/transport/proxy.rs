use std::fmt;
use std::io;
use std::sync::Arc;

use http::{HeaderValue, StatusCode, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::connector::DialError;
use super::deadline::{Elapsed, Phase};
use super::error::TransportError;
use super::origin::Origin;

/// A proxy, and the hosts that do not use it.
///
/// ```
/// use orgtoken_client::Proxy;
///
/// let proxy = Proxy::new("http://user:secret@proxy.acme.com:3128", "10.0.0.0/8,.acme.com")?;
/// assert_eq!(format!("{proxy:?}"), "Proxy(proxy.acme.com:3128)");
/// # Ok::<(), orgtoken_client::TransportError>(())
/// ```
#[derive(Default)]
pub struct Proxy(Option<Arc<Rules>>);

impl Proxy {
    /// No proxy.
    pub const NONE: Self = Self(None);

    /// Parses the values of `HTTPS_PROXY` and `NO_PROXY` like curl; an empty value counts as unset.
    /// This machine is never reached through a proxy.
    pub fn new(https_proxy: &str, no_proxy: &str) -> Result<Self, TransportError> {
        if https_proxy.is_empty() {
            return Ok(Self::NONE);
        }
        let matcher = Matcher::builder().https(https_proxy).no(no_proxy).build();
        // The URL is not shown, since it may contain a password.
        let refused = |fault| TransportError::Proxy { proxy: "?".to_owned(), fault };
        if !is_host_certain(https_proxy) {
            return Err(refused(ProxyFault::Ambiguous));
        }
        let anywhere = Matcher::builder().https(https_proxy).build();
        let found = anywhere.intercept(&Uri::from_static("https://salesforce.com/"));
        let found = found.filter(|found| found.uri().scheme_str() == Some("http"));
        let found = found.ok_or_else(|| refused(ProxyFault::Url))?;
        let origin = Origin {
            host: found.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: found.uri().port_u16().unwrap_or(DEFAULT_PORT),
            tls: false,
        };
        let credentials = found.basic_auth().cloned();
        Ok(Self(Some(Arc::new(Rules { matcher, origin, credentials }))))
    }

    /// Returns the proxy for `origin`, if there is one.
    pub(crate) fn on_the_way_to(&self, origin: &Origin) -> Option<&Arc<Rules>> {
        let rules = self.0.as_ref().filter(|_| origin.tls && !origin.is_loopback())?;
        let uri: Uri = format!("https://{origin}/").parse().ok()?;
        rules.matcher.intercept(&uri).map(|_| rules)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(rules) => write!(f, "Proxy({})", rules.origin),
            None => f.write_str("Proxy(none)"),
        }
    }
}

/// Whether no `#`, `/` or `?` comes before an `@`. In a password it would end the host, and the
/// user name would be looked up in DNS.
fn is_host_certain(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find(['#', '/', '?']).is_none_or(|end| !rest[end..].contains('@'))
}

/// A proxy, and the hosts that use it.
pub(crate) struct Rules {
    matcher: Matcher,
    pub(crate) origin: Origin,
    pub(crate) credentials: Option<HeaderValue>,
}

impl Rules {
    pub(crate) fn error(&self, fault: impl Into<ProxyFault>) -> TransportError {
        TransportError::Proxy { proxy: self.origin.to_string(), fault: fault.into() }
    }
}

/// A proxy that does not open the connection.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFault {
    /// Its URL has a `#`, `/` or `?` before an `@`, maybe in a password.
    #[error("its URL has a `#`, `/` or `?` before an `@`")]
    Ambiguous,
    /// It requires a user name and a password.
    #[error("it requires a user name and a password")]
    Authentication,
    /// It does not accept the user name and password.
    #[error("it does not accept the user name and password")]
    Credentials,
    /// It closed the connection.
    #[error("it closed the connection")]
    Closed,
    /// It did not accept a connection.
    #[error("cannot connect")]
    Connect(#[source] Arc<io::Error>),
    /// It has no address.
    #[error("cannot find its address")]
    Lookup(#[source] Arc<io::Error>),
    /// Its response is not HTTP, or has bytes after its end.
    #[error("its response is invalid")]
    Protocol,
    /// It requires an unsupported kind of authentication.
    #[error("it requires {0} authentication; only Basic is supported")]
    Scheme(&'static str),
    /// It does not open the tunnel.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// It timed out.
    #[error("timed out waiting for {0}")]
    Timeout(Phase),
    /// Its URL is not `http://host:port`.
    #[error("its URL is not of the form `http://host:port`")]
    Url,
}

impl ProxyFault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Authentication | Self::Credentials | Self::Scheme(_) => "proxy.auth",
            Self::Closed => "proxy.closed",
            Self::Connect(_) => "proxy.connect",
            Self::Lookup(_) => "proxy.dns",
            Self::Protocol => "proxy.protocol",
            Self::Status(_) => "proxy.status",
            Self::Timeout(_) => "proxy.timeout",
            Self::Ambiguous | Self::Url => "proxy.url",
        }
    }

    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Ambiguous => "write `#` as %23, `/` as %2F and `?` as %3F in the password",
            Self::Authentication => "add them to the URL of the proxy: `http://user:password@host`",
            Self::Credentials => "check the user name and password in the URL of the proxy",
            Self::Scheme(_) => {
                "use a proxy that accepts Basic, or a local proxy that authenticates to it"
            }
            Self::Connect(_) | Self::Lookup(_) | Self::Url => {
                "check `HTTPS_PROXY`: `http://host:port`"
            }
            Self::Status(_) => "ask the operator of the proxy to allow the host",
            Self::Closed | Self::Protocol | Self::Timeout(_) => return None,
        })
    }

    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Closed | Self::Connect(_) | Self::Lookup(_) | Self::Timeout(_) => true,
            Self::Status(status) => status.is_server_error(),
            Self::Ambiguous
            | Self::Authentication
            | Self::Credentials
            | Self::Protocol
            | Self::Scheme(_)
            | Self::Url => false,
        }
    }
}

impl From<DialError> for ProxyFault {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Connect(error) => Self::Connect(Arc::new(error)),
            DialError::Elapsed(elapsed) => elapsed.into(),
            DialError::Lookup(error) => Self::Lookup(Arc::new(error)),
        }
    }
}

impl From<Elapsed> for ProxyFault {
    fn from(elapsed: Elapsed) -> Self {
        Self::Timeout(elapsed.phase)
    }
}

/// The default port of a proxy in curl.
const DEFAULT_PORT: u16 = 1080;

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;

    #[test]
    fn no_proxy_excludes_hosts() {
        for (no_proxy, url, proxied) in [
            ("", "https://acme.my.salesforce.com/", true),
            ("", "https://acme.my.salesforce.com:8443/", true),
            ("", "https://127.0.0.1:8443/", false),
            ("", "https://[::1]/", false),
            ("", "https://localhost/", false),
            ("", "http://localhost/", false),
            ("*", "https://acme.my.salesforce.com/", false),
            ("salesforce.com", "https://acme.my.salesforce.com/", false),
            (".salesforce.com", "https://acme.my.salesforce.com/", false),
            ("example.com, acme.my.salesforce.com", "https://acme.my.salesforce.com/", false),
            ("force.com", "https://acme.my.salesforce.com/", true),
            ("10.0.0.0/8", "https://10.1.2.3/", false),
            ("10.0.0.0/8", "https://[2001:db8::1]/", true),
        ] {
            let proxy = Proxy::new("proxy.acme.com:3128", no_proxy).unwrap();
            let origin = Origin::of(&url.parse().unwrap()).unwrap();
            let found = proxy.on_the_way_to(&origin).map(|rules| rules.origin.to_string());
            let expected = proxied.then(|| "proxy.acme.com:3128".to_owned());
            assert_eq!(found, expected, "{url} but for {no_proxy}");
        }
    }

    #[test]
    fn url_with_an_unescaped_password_is_refused() {
        for (url, certain) in [
            ("http://user:pa#ss@proxy.acme.com:3128", false),
            ("http://user:pa/ss@proxy.acme.com:3128", false),
            ("http://user:pa?ss@proxy.acme.com:3128", false),
            ("user:pa#ss@proxy.acme.com:3128", false),
            ("http://proxy.acme.com:3128/path", true),
            ("http://user:pa%23ss@proxy.acme.com:3128/", true),
            ("http://proxy.acme.com:3128", true),
        ] {
            let proxy = Proxy::new(url, "");
            assert_eq!(proxy.is_ok(), certain, "{url}");
            if let Err(error) = proxy {
                let said = format!("{error} {error:?} {}", error.hint().unwrap());
                assert!(!said.contains("pa") || !said.contains("ss@"), "{said}");
                assert_eq!(error.code(), "proxy.url");
            }
        }
    }

    #[test]
    fn empty_url_means_no_proxy() {
        let origin = Origin::of(&Uri::from_static("https://acme.my.salesforce.com/")).unwrap();
        assert!(Proxy::new("", "").unwrap().on_the_way_to(&origin).is_none());
    }
}
