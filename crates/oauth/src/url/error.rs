use std::borrow::Cow;

use orgtoken_assertion::Diagnostic;
use thiserror::Error;

use super::host::HostProblem;

/// A URL to which no assertion or token may be sent.
///
/// Of the text, only a host name is ever shown, and only if it cannot be a secret in the wrong
/// field.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UrlError {
    /// An entry of the list of allowed hosts is not a host.
    #[error("entry {position} of the allowed hosts is not a host name")]
    AllowedHost {
        /// Counted from 1.
        position: usize,
    },
    /// The token endpoint cannot accept the audience.
    #[error("audience `{audience}` does not match the token endpoint at `{endpoint}`")]
    Audience {
        /// The audience.
        audience: String,
        /// The origin of the token endpoint.
        endpoint: String,
        /// The audience that fits.
        instead: String,
    },
    /// The audience is not in the closed set.
    #[error("audience `{host}` {problem}")]
    AudienceHost {
        /// The host of the audience, or `[withheld]`.
        host: String,
        /// The problem.
        problem: HostProblem,
    },
    /// The URL is empty.
    #[error("URL is empty")]
    Empty,
    /// The host is not trusted.
    #[error("host `{host}` {problem}")]
    Host {
        /// The host, or `[withheld]`.
        host: String,
        /// The problem.
        problem: HostProblem,
    },
    /// Something follows the host.
    #[error("URL has a {part} after the host")]
    Path {
        /// `path`, `query` or `fragment`.
        part: &'static str,
        /// The corrected URL.
        instead: String,
    },
    /// The port is not 443.
    #[error("URL names a port other than 443")]
    Port {
        /// The corrected URL.
        instead: String,
    },
    /// The scheme is not `https`.
    #[error("URL does not begin with `https://`")]
    Scheme {
        /// The corrected URL, if the rest is valid.
        instead: Option<String>,
    },
    /// An invalid character.
    #[error("URL has an invalid character at position {position}")]
    Syntax {
        /// Counted from 1, in characters.
        position: usize,
    },
    /// The URL of an Experience Cloud site where a path is not allowed.
    #[error("URL has the path of a site after the host")]
    SitePath {
        /// The URL of the site.
        site: String,
    },
    /// A user name or password precedes the host.
    #[error("URL has a user name or password before the host")]
    Userinfo,
}

impl Diagnostic for UrlError {
    fn code(&self) -> &str {
        match self {
            Self::AllowedHost { .. } => "url.allowed_host",
            Self::Audience { .. } | Self::AudienceHost { .. } => "url.audience",
            Self::Host { .. } => "url.host",
            Self::Path { .. } | Self::SitePath { .. } => "url.path",
            Self::Port { .. } => "url.port",
            Self::Scheme { .. } => "url.scheme",
            Self::Empty | Self::Syntax { .. } => "url.syntax",
            Self::Userinfo => "url.userinfo",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::AllowedHost { .. } => {
                "write the host alone, such as `login.acme.com` or `127.0.0.1:8443`: no `https://`, \
                 no path, no `*`, and a port only on `127.0.0.1`, `[::1]` and `localhost`"
                    .into()
            }
            Self::Audience { instead, .. } => {
                format!("use the audience `{instead}`, or leave it out").into()
            }
            Self::AudienceHost { .. } => {
                "use `https://login.salesforce.com`, `https://test.salesforce.com` or the My Domain \
                 of the org, or leave the audience out"
                    .into()
            }
            Self::Host { host, problem } => problem.hint(host),
            Self::Path { instead, .. } => format!("give only `{instead}`").into(),
            Self::SitePath { site } => format!(
                "give `{site}` as `login_url`, and the My Domain of the org as `instance_url`"
            )
            .into(),
            Self::Port { instead } => format!("Salesforce answers on 443 only: give `{instead}`").into(),
            Self::Scheme { instead: Some(instead) } => format!("write `{instead}`").into(),
            Self::Scheme { instead: None } => {
                "write `https://` and the host, as in `https://acme.my.salesforce.com`".into()
            }
            Self::Empty => "write the My Domain of the org, as in `https://acme.my.salesforce.com`".into(),
            Self::Syntax { .. } => {
                "write it as `https://acme.my.salesforce.com`: no blanks, no line breaks, no \
                 backslashes, no percent signs"
                    .into()
            }
            Self::Userinfo => "remove everything between `https://` and the host".into(),
        })
    }
}
