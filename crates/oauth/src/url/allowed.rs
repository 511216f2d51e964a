use super::host::{canonical, check_name, is_loopback};
use super::{UrlError, split_port};

/// The hosts that the operator allows in addition to those of Salesforce, each by its exact name.
///
/// The hosts of Salesforce's login service are always allowed: `login` and `test.salesforce.com`,
/// `*.my.salesforce.com`, `*.my.salesforce.mil`, instances such as `na139.salesforce.com`, and
/// `login`, `test` and `*.my` of `sfcrmproducts.cn` for Salesforce in China. This list is for sites
/// and custom login domains. It comes from the operator and never from the record with the
/// credentials: a user who can change a record must not be able to choose the host to which an
/// assertion is sent.
///
/// Plain http and other ports are allowed only on `127.0.0.1`, `[::1]` and `localhost`. `127.0.0.1`
/// allows every port, `127.0.0.1:8443` only that one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AllowedHosts(Vec<(String, Option<u16>)>);

impl AllowedHosts {
    /// Returns an empty list: only hosts of Salesforce.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads host names without scheme, port or path.
    pub fn parse<I>(hosts: I) -> Result<Self, UrlError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let entries = hosts.into_iter().enumerate().map(|(index, host)| {
            entry(host.as_ref()).ok_or(UrlError::AllowedHost { position: index + 1 })
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the entries in canonical spelling.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(host, port)| match port {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        })
    }

    /// Whether a host is on the list with every port.
    pub fn contains(&self, host: &str) -> bool {
        let host = canonical(host);
        self.0.iter().any(|(name, only)| *name == host && only.is_none())
    }

    pub(super) fn has(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|(name, only)| name == host && only.is_none_or(|only| only == port))
    }
}

fn entry(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = split_port(text);
    let host = canonical(host);
    if is_loopback(&host) && port != Some(0) {
        return Some((host, port));
    }
    let named = host.contains('.') && check_name(&host).is_ok();
    (named && port.is_none()).then_some((host, None))
}
