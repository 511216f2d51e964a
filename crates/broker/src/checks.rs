//! Gates 3 to 7, as far as they depend on the head of a request.

use std::sync::Arc;

use http::header::{AUTHORIZATION, FORWARDED, HOST, ORIGIN, VIA};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;

use crate::CurrentBearer;
use crate::error_response::ErrorResponse;

/// The resource that a request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Route {
    /// A call for the org.
    Call,
    Health,
    Metrics,
    Onify,
    Token,
}

/// The checks that an endpoint makes.
#[derive(Clone, Debug)]
pub(crate) struct EndpointPolicy {
    pub(crate) endpoint: Endpoint,
    pub(crate) serves: Serves,
}

impl From<Endpoint> for EndpointPolicy {
    fn from(endpoint: Endpoint) -> Self {
        Self { endpoint, serves: Serves::All }
    }
}

/// The resources of an endpoint, besides those for monitoring.
#[derive(Clone, Debug)]
pub(crate) enum Serves {
    /// Tokens, and the calls of every profile.
    All,
    /// The calls of every profile.
    Calls,
    /// The calls of one profile, at the root.
    CallsOf(Arc<str>),
}

/// The way to an endpoint.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    /// A Unix socket: the kernel names the peer, and a browser cannot connect.
    Unix,
    /// TCP: every process of this machine can connect, and so can a page in a browser.
    Tcp {
        port: u16,
        /// Whether `/onify/access-token` and the calls of one profile need no bearer.
        is_open: bool,
        bearer: CurrentBearer,
    },
}

impl EndpointPolicy {
    /// Returns the route of a request, or the rejection by the first gate that it fails.
    ///
    /// * `default`: the profile for requests that name none
    pub(crate) fn pass(&self, head: &Parts, default: Option<&str>) -> Result<Route, ErrorResponse> {
        let path = head.uri.path();
        let route = self.route(path);
        if head.method == Method::OPTIONS {
            return Err(method("POST", "requests from web pages are not answered"));
        }
        if !matches!(route, Some(Route::Health | Route::Metrics)) {
            let has_bearer = self.has_bearer(&head.headers);
            if !has_bearer && !self.is_open_to_all(path, route, default) {
                return Err(no_bearer());
            }
            // A web page does not know the bearer token. A client that takes the token of an org can
            // send it, but no header of ours.
            let is_tcp = matches!(self.endpoint, Endpoint::Tcp { .. });
            if !(is_tcp && has_bearer && route == Some(Route::Call)) {
                header(&head.headers)?;
            }
        }
        self.host(head)?;
        forwarded(&head.headers)?;
        let route = route.ok_or_else(|| self.unknown())?;
        let Some(allowed) = route.method() else { return Ok(route) };
        if head.method != allowed {
            let allow = if allowed == Method::POST { "POST" } else { "GET" };
            return Err(ErrorResponse {
                gate: Some(7),
                ..method(allow, "the method is not allowed for this path")
            });
        }
        Ok(route)
    }

    /// Returns the profile of a call, and its target at the org.
    pub(crate) fn call(&self, uri: &Uri) -> Option<(Arc<str>, PathAndQuery)> {
        let target = uri.path_and_query()?;
        if let Serves::CallsOf(profile) = &self.serves {
            return Some((Arc::clone(profile), target.clone()));
        }
        let (profile, path) = named(target.as_str())?;
        let profile = percent_decode_str(profile).decode_utf8().ok()?;
        Some((profile.into(), path.parse().ok()?))
    }

    fn route(&self, path: &str) -> Option<Route> {
        match (path, &self.serves) {
            ("/healthz", _) => Some(Route::Health),
            ("/metrics", _) => Some(Route::Metrics),
            ("/onify/access-token", Serves::All) => Some(Route::Onify),
            ("/v1/token", Serves::All) => Some(Route::Token),
            (path, Serves::CallsOf(_)) => path.starts_with(SERVICES).then_some(Route::Call),
            (path, _) => named(path).map(|_| Route::Call),
        }
    }

    /// Gate 3: on a Unix socket the kernel has named the peer.
    fn has_bearer(&self, headers: &HeaderMap) -> bool {
        match &self.endpoint {
            Endpoint::Unix => true,
            Endpoint::Tcp { bearer, .. } => {
                only(headers, &AUTHORIZATION).is_some_and(|shown| bearer.admits(shown))
            }
        }
    }

    /// Whether this resource needs no bearer token.
    fn is_open_to_all(&self, path: &str, route: Option<Route>, default: Option<&str>) -> bool {
        let Endpoint::Tcp { is_open: true, .. } = self.endpoint else { return false };
        match (route, &self.serves) {
            (Some(Route::Onify), _) | (Some(Route::Call), Serves::CallsOf(_)) => true,
            (Some(Route::Call), _) => named(path).is_some_and(|(name, _)| {
                percent_decode_str(name).decode_utf8().ok().as_deref() == default
                    && default.is_some()
            }),
            _ => false,
        }
    }

    fn unknown(&self) -> ErrorResponse {
        let hint = match &self.serves {
            Serves::All => {
                "the paths are /v1/token, /onify/access-token, /proxy/PROFILE/services/data/…, \
                 /healthz and /metrics"
            }
            Serves::Calls => {
                "the paths are /proxy/PROFILE/services/data/…, /healthz and /metrics; there are no \
                 tokens here"
            }
            Serves::CallsOf(_) => {
                "the paths are /services/data/…, /healthz and /metrics; there are no tokens here"
            }
        };
        ErrorResponse::rejection(7, StatusCode::NOT_FOUND, "gate.path", "unknown path", hint)
    }

    /// Gate 5: after DNS rebinding a web page can set every header but this one.
    fn host(&self, head: &Parts) -> Result<(), ErrorResponse> {
        let rejection = |status, why: &'static str| {
            let hint = "call the service by its own address, without a proxy";
            ErrorResponse::rejection(5, status, "gate.host", why, hint)
        };
        let mut hosts = head.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(rejection(
                StatusCode::BAD_REQUEST,
                "the `Host` header is missing or repeated",
            ));
        };
        if head.uri.authority().is_some() {
            return Err(rejection(
                StatusCode::BAD_REQUEST,
                "the request is for a proxy, and this service is not one",
            ));
        }
        let Endpoint::Tcp { port, .. } = self.endpoint else { return Ok(()) };
        let is_ours =
            host.to_str().ok().and_then(|host| host.rsplit_once(':')).is_some_and(|(name, at)| {
                LOOPBACK.contains(&name) && at.parse() == Ok(port) && !at.starts_with(['+', '0'])
            });
        is_ours.then_some(()).ok_or_else(|| {
            rejection(
                StatusCode::MISDIRECTED_REQUEST,
                "the `Host` header does not name this service",
            )
        })
    }
}

impl Route {
    /// The only method of a resource. Those of a call are checked by the rules of its profile.
    fn method(self) -> Option<Method> {
        match self {
            Self::Call => None,
            Self::Health | Self::Metrics => Some(Method::GET),
            Self::Onify | Self::Token => Some(Method::POST),
        }
    }
}

/// Splits `/proxy/PROFILE/services/…` into the profile and the path at the org.
fn named(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/proxy/")?;
    let (name, _) = rest.split_once('/')?;
    Some((name, &rest[name.len()..]))
}

fn no_bearer() -> ErrorResponse {
    ErrorResponse::rejection(
        3,
        StatusCode::UNAUTHORIZED,
        "gate.bearer",
        "the bearer token is missing or wrong",
        "send `Authorization: Bearer …` with the current token of the bearer file",
    )
}

/// Gate 4: a web page cannot send this header to another origin without a preflight request, and
/// that is refused.
fn header(headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let shown = only(headers, &REQUEST) == Some(b"1");
    shown.then_some(()).ok_or_else(|| {
        ErrorResponse::rejection(
            4,
            StatusCode::FORBIDDEN,
            "gate.header",
            "the header `X-Orgtoken-Request` is missing",
            "send `X-Orgtoken-Request: 1`",
        )
    })
}

/// Gate 6: rejects requests that another program forwarded or that a web page made.
fn forwarded(headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let rejection = |why: String| {
        let hint = "call the service from the program that needs the token, not through a proxy";
        Err(ErrorResponse::rejection(6, StatusCode::FORBIDDEN, "gate.forwarded", why, hint))
    };
    let is_forwarded = |name: &&HeaderName| {
        [ORIGIN, FORWARDED, VIA, REAL_IP].contains(name) || name.as_str().starts_with(FORWARDED_X)
    };
    if let Some(name) = headers.keys().find(is_forwarded) {
        return rejection(format!("the request has a header `{name}`"));
    }
    if headers.get_all(FETCH_SITE).iter().any(|site| site != "none") {
        return rejection("a web page made the request".to_owned());
    }
    Ok(())
}

fn method(allow: &'static str, why: &'static str) -> ErrorResponse {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let rejection = ErrorResponse::rejection(
        4,
        status,
        "gate.method",
        why,
        "use the method that `Allow` names",
    );
    ErrorResponse { allow: Some(allow), ..rejection }
}

/// Returns the value of a header that occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

const REQUEST: HeaderName = HeaderName::from_static("x-orgtoken-request");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
/// `X-Forwarded-For`, `-Host`, `-Proto` and the like.
const FORWARDED_X: &str = "x-forwarded-";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SERVICES: &str = "/services/";
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

#[cfg(test)]
mod tests;
