use std::fmt;

use crate::endpoint::TokenEndpoint;
use crate::url::{AllowedHosts, CheckedUrl, HostKind, Paths, UrlError, is_china};

/// The audience of an assertion: the `aud` claim ([RFC 7523, Section 3]).
///
/// The set is closed: the two login hosts, the origin of an allowed token endpoint, and the URL of
/// a site on a host that the operator allowed.
///
/// [RFC 7523, Section 3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Audience(CheckedUrl);

impl Audience {
    /// Checks scheme, host, port and path. Drops a slash at the end.
    pub fn parse(text: &str, allowed: &AllowedHosts) -> Result<Self, UrlError> {
        match CheckedUrl::parse(text, allowed, Paths::OnListedHosts) {
            Ok(url) => Ok(Self(url)),
            Err(UrlError::Host { host, problem }) => Err(UrlError::AudienceHost { host, problem }),
            Err(error) => Err(error),
        }
    }

    /// `https://login.salesforce.com`, the audience of production and Developer Edition.
    pub fn production() -> Self {
        Self(CheckedUrl::well_known("login.salesforce.com", HostKind::Login))
    }

    /// `https://test.salesforce.com`, the audience of sandboxes and scratch orgs.
    pub fn sandbox() -> Self {
        Self(CheckedUrl::well_known("test.salesforce.com", HostKind::Test))
    }

    /// Returns the value of the claim.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host, such as `login.salesforce.com`.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Returns the audience of the login host or, for sandboxes, the test host of a cloud.
    ///
    /// An assertion for one cloud is never sent to the other: another company operates it.
    pub(crate) fn documented(is_sandbox: bool, is_china: bool) -> Self {
        match (is_sandbox, is_china) {
            (true, true) => Self(CheckedUrl::well_known("test.sfcrmproducts.cn", HostKind::Test)),
            (false, true) => {
                Self(CheckedUrl::well_known("login.sfcrmproducts.cn", HostKind::Login))
            }
            (true, false) => Self::sandbox(),
            (false, false) => Self::production(),
        }
    }

    /// Returns the audience of the government cloud.
    pub(crate) fn gs1() -> Self {
        Self(CheckedUrl::well_known("gs1.salesforce.com", HostKind::Instance))
    }

    /// Returns the origin of an endpoint, or the URL of its site.
    pub(crate) fn of(url: &CheckedUrl) -> Self {
        Self(url.clone())
    }

    pub(crate) fn url(&self) -> &CheckedUrl {
        &self.0
    }

    /// Checks that this endpoint can accept this audience.
    ///
    /// `login` and `test` accept only themselves. Any other endpoint accepts itself and the login
    /// hosts of its cloud. A server on this machine may represent any org.
    pub(crate) fn check_for(&self, endpoint: &TokenEndpoint) -> Result<(), UrlError> {
        let (own, url) = (self.0.kind(), endpoint.url());
        let path = self.0.path();
        let itself = self.0.origin() == url.origin() && (path.is_empty() || path == url.path());
        let fits = match url.kind() {
            HostKind::Login | HostKind::Test => itself,
            HostKind::Loopback => true,
            _ if is_china(url.host()) != is_china(self.host()) => itself,
            _ => itself || matches!(own, HostKind::Login | HostKind::Test) || *self == Self::gs1(),
        };
        if fits {
            return Ok(());
        }
        Err(UrlError::Audience {
            audience: self.as_str().to_owned(),
            endpoint: endpoint.origin().to_owned(),
            instead: url.as_str().to_owned(),
        })
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
