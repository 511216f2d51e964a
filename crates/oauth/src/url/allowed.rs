use super::host::{canonical, check_name, is_loopback};
use super::{UrlError, split_port};

/// The hosts that an operator allows beside those of Salesforce itself, each by its exact name.
///
/// Hosts of Salesforce's own login service are always allowed: `login` and `test.salesforce.com`,
/// `*.my.salesforce.com`, `*.my.salesforce.mil`, instances such as `na139.salesforce.com`, and
/// `login`, `test` and `*.my` of `sfcrmproducts.cn` for Salesforce in China.
/// This list is for sites and login domains of one's own. It comes from the operator, never from
/// the record that holds the credentials: who can change a record must not be able to name the
/// host that an assertion goes to.
///
/// On `127.0.0.1`, `[::1]` and `localhost`, and only there, plain http and other ports are
/// allowed too: `127.0.0.1` means every port, `127.0.0.1:8443` means that one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AllowedHosts(Vec<(String, Option<u16>)>);

impl AllowedHosts {
    /// Nothing beside Salesforce's own hosts.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Takes host names without scheme, port or path.
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

    /// The entries, as they are compared.
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
