//! The parser of all URLs to which an assertion or a token may be sent.

mod allowed;
pub use allowed::AllowedHosts;
mod error;
pub use error::UrlError;
mod host;
pub use host::HostProblem;
pub(crate) use host::{HostKind, is_china, is_gs1, is_sandbox};
#[cfg(test)]
mod tests;

use std::fmt;

use http::Uri;

use self::host::canonical;
use crate::redact;

/// A valid URL in canonical spelling: scheme, host, port and, if allowed, a path.
///
/// The checked parts are those that are used: [`CheckedUrl::uri`] is built from them.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct CheckedUrl {
    text: String,
    host: String,
    origin: usize,
    kind: HostKind,
}

/// Whether a path may follow the host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Paths {
    Never,
    /// A path is allowed on a host of the operator's list: an Experience Cloud site has one.
    OnListedHosts,
}

impl CheckedUrl {
    pub(crate) fn parse(
        text: &str,
        allowed: &AllowedHosts,
        paths: Paths,
    ) -> Result<Self, UrlError> {
        check_characters(text)?;
        let (scheme, rest) = split_scheme(text);
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        if authority.contains('@') {
            return Err(UrlError::Userinfo);
        }
        let scheme = scheme.ok_or(UrlError::Scheme { instead: None })?;
        if let Some(at) = authority.find('%') {
            return Err(syntax_at(text, text.len() - rest.len() + at));
        }

        let (host, port) = split_port(authority);
        let parts = Parts { scheme, host: canonical(host), port, tail: &rest[authority.len()..] };
        let kind = parts.check_host(host, allowed)?;
        parts.check_port(kind)?;
        let path = parts.check_path(kind, paths)?;
        Ok(parts.url(kind, path))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn origin(&self) -> &str {
        &self.text[..self.origin]
    }

    /// Empty, or `/customers`.
    pub(crate) fn path(&self) -> &str {
        &self.text[self.origin..]
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn kind(&self) -> HostKind {
        self.kind
    }

    pub(crate) fn serves_every_org(&self) -> bool {
        matches!(self.kind, HostKind::Login | HostKind::Test)
    }

    /// Returns the URL of a Salesforce host that needs no check.
    pub(crate) fn well_known(host: &str, kind: HostKind) -> Self {
        let text = format!("https://{host}");
        let origin = text.len();
        Self { text, host: host.to_owned(), origin, kind }
    }

    /// Returns the URI of a path below this URL. `path` is a constant of this crate.
    pub(crate) fn uri(&self, path: &'static str) -> Uri {
        format!("{}{path}", self.text)
            .parse()
            .expect("every part was checked by `CheckedUrl::parse`")
    }
}

impl fmt::Debug for CheckedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
    /// Read as https.
    Missing,
}

struct Parts<'a> {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    tail: &'a str,
}

impl Parts<'_> {
    fn check_host(&self, given: &str, allowed: &AllowedHosts) -> Result<HostKind, UrlError> {
        let usual = if self.scheme == Scheme::Http { 80 } else { 443 };
        let kind = host::classify(&self.host, self.port.unwrap_or(usual), allowed);
        if self.scheme == Scheme::Http && !host::is_loopback(&self.host) {
            return Err(UrlError::Scheme { instead: kind.is_ok().then(|| self.https()) });
        }
        kind.map_err(|problem| host::error(given, problem))
    }

    fn check_port(&self, kind: HostKind) -> Result<(), UrlError> {
        match self.port {
            Some(0) => Err(UrlError::Port { instead: self.https() }),
            None | Some(443) => Ok(()),
            Some(_) if kind == HostKind::Loopback => Ok(()),
            Some(_) => Err(UrlError::Port { instead: self.https() }),
        }
    }

    /// Returns the path without its last slash.
    fn check_path(&self, kind: HostKind, paths: Paths) -> Result<&str, UrlError> {
        let listed = matches!(kind, HostKind::Listed | HostKind::Loopback);
        let sites = listed && paths == Paths::OnListedHosts;
        let site = self.tail.split("/services/").next().filter(|path| sites && is_site(path));
        let instead = format!("{}{}", self.origin(), site.unwrap_or_default());
        let refuse = |part| Err(UrlError::Path { part, instead });
        if let Some(at) = self.tail.find(['?', '#']) {
            return refuse(if self.tail[at..].starts_with('?') { "query" } else { "fragment" });
        }
        let path = self.tail.strip_suffix('/').unwrap_or(self.tail);
        if path.is_empty() || sites && is_site(path) {
            Ok(path)
        } else if kind == HostKind::Listed && is_site(path) && redact::request(path) == path {
            Err(UrlError::SitePath { site: format!("{}{path}", self.origin()) })
        } else {
            refuse("path")
        }
    }

    fn url(&self, kind: HostKind, path: &str) -> CheckedUrl {
        let mut text = self.origin();
        let origin = text.len();
        text.push_str(path);
        CheckedUrl { text, host: self.host.clone(), origin, kind }
    }

    /// Returns the origin without the default port.
    fn origin(&self) -> String {
        let (scheme, usual) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https | Scheme::Missing => ("https", 443),
        };
        match self.port {
            Some(port) if port != usual => format!("{scheme}://{}:{port}", self.host),
            _ => format!("{scheme}://{}", self.host),
        }
    }

    fn https(&self) -> String {
        format!("https://{}", self.host)
    }
}

/// Refuses blanks, control characters and backslashes, which parsers read differently.
fn check_characters(text: &str) -> Result<(), UrlError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "\\\"<>^`{|}".contains(c);
    match text.find(bad) {
        Some(at) => Err(syntax_at(text, at)),
        None if text.is_empty() => Err(UrlError::Empty),
        None => Ok(()),
    }
}

fn syntax_at(text: &str, at: usize) -> UrlError {
    UrlError::Syntax { position: text[..at].chars().count() + 1 }
}

/// Returns `None` for a scheme that is neither https nor http.
fn split_scheme(text: &str) -> (Option<Scheme>, &str) {
    if let Some((scheme, rest)) = text.split_once("://") {
        let known = match scheme.to_ascii_lowercase().as_str() {
            "https" => Some(Scheme::Https),
            "http" => Some(Scheme::Http),
            _ => None,
        };
        return (known, rest);
    }
    // `acme.my.salesforce.com:443` has a port, `javascript:alert(1)` has a scheme.
    let scheme = text.split_once(':').is_some_and(|(before, after)| {
        let name = before.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte));
        let port = after.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        name && !port
    });
    (if scheme { None } else { Some(Scheme::Missing) }, text)
}

/// Text after the colon that is not a port becomes port 0, which is never allowed.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    let end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[end..].find(':').map(|at| end + at) else {
        return (authority, None);
    };
    let port = &authority[colon + 1..];
    let canonical = port.starts_with(|c: char| ('1'..='9').contains(&c));
    let number = if canonical { port.parse().unwrap_or(0) } else { 0 };
    (&authority[..colon], Some(number))
}

/// Whether this is the path of a site: plain segments, and not that of the token endpoint.
fn is_site(path: &str) -> bool {
    let segment = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment))
        && !path.contains("/services/")
        && path.len() <= 255
}
