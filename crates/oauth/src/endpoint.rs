use std::fmt;

use http::Uri;

use crate::url::{AllowedHosts, CheckedUrl, HostKind, Paths, UrlError};

/// The URL where a user logs in: the My Domain of the org, `https://login.salesforce.com`,
/// `https://test.salesforce.com`, or a site on a host that the operator allowed.
///
/// `acme.my.salesforce.com` is read as `https://acme.my.salesforce.com`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoginUrl(CheckedUrl);

impl LoginUrl {
    /// Checks scheme, host, port and path.
    pub fn parse(text: &str, allowed: &AllowedHosts) -> Result<Self, UrlError> {
        CheckedUrl::parse(text, allowed, Paths::OnListedHosts).map(Self)
    }

    /// Returns the URL, such as `https://acme.my.salesforce.com`: lower case, no port 443, no slash
    /// at the end.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host, such as `acme.my.salesforce.com`.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Returns the URL where its tokens are issued.
    pub fn token_endpoint(&self) -> TokenEndpoint {
        TokenEndpoint::at(self.0.clone())
    }

    pub(crate) fn url(&self) -> &CheckedUrl {
        &self.0
    }
}

impl fmt::Display for LoginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The URL to which an assertion is posted: a [`LoginUrl`] and `/services/oauth2/token`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenEndpoint {
    url: CheckedUrl,
    text: String,
}

impl TokenEndpoint {
    /// Returns the URL, such as `https://acme.my.salesforce.com/services/oauth2/token`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the host, such as `acme.my.salesforce.com`.
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// Returns the origin, such as `https://acme.my.salesforce.com`.
    pub fn origin(&self) -> &str {
        self.url.origin()
    }

    /// Whether the host is a login host that serves every org, such as `login.salesforce.com`.
    pub fn serves_every_org(&self) -> bool {
        self.url.serves_every_org()
    }

    /// Whether the host is the My Domain of an org.
    pub fn is_my_domain(&self) -> bool {
        self.url.kind() == HostKind::MyDomain
    }

    pub(crate) fn at(url: CheckedUrl) -> Self {
        Self { text: format!("{}{TOKEN}", url.as_str()), url }
    }

    pub(crate) fn url(&self) -> &CheckedUrl {
        &self.url
    }

    pub(crate) fn uri(&self) -> Uri {
        self.url.uri(TOKEN)
    }
}

impl fmt::Display for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The base URL of an org's API: `https://acme.my.salesforce.com`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstanceUrl(CheckedUrl);

impl InstanceUrl {
    /// Checks scheme, host and port. A path is refused.
    pub fn parse(text: &str, allowed: &AllowedHosts) -> Result<Self, UrlError> {
        CheckedUrl::parse(text, allowed, Paths::Never).map(Self)
    }

    /// Returns the URL, such as `https://acme.my.salesforce.com`: lower case, no port 443, no slash
    /// at the end.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host, such as `acme.my.salesforce.com`.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Whether the host is a login host that serves every org, such as `login.salesforce.com`.
    pub fn serves_every_org(&self) -> bool {
        self.0.serves_every_org()
    }

    /// Whether this is the host of one org, not a login host of many.
    pub(crate) fn is_own_host(&self) -> bool {
        matches!(self.0.kind(), HostKind::Listed | HostKind::Loopback | HostKind::MyDomain)
    }

    pub(crate) fn url(&self) -> &CheckedUrl {
        &self.0
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// [RFC 6749, Section 3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2), as Salesforce
/// places it.
const TOKEN: &str = "/services/oauth2/token";
