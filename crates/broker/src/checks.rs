//! Gates 3 to 7, as far as they depend on the head of a request.

use http::header::{AUTHORIZATION, FORWARDED, HOST, ORIGIN, VIA};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};

use crate::Bearer;
use crate::response::Rejection;

/// The resource that a request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Route {
    Health,
    Metrics,
    Onify,
    Token,
}

/// The checks that an endpoint makes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EndpointPolicy {
    /// A Unix socket: the kernel names the peer, and a browser cannot connect.
    Unix,
    /// TCP: every process of this machine can connect, and so can a page in a browser.
    Tcp {
        port: u16,
        /// Whether `/onify/access-token` needs no bearer.
        is_open: bool,
    },
}

impl EndpointPolicy {
    /// Returns the route of a request, or the rejection by the first gate that it fails.
    ///
    /// * `bearer`: the current bearer token; without one, every token request fails
    pub(crate) fn pass(&self, head: &Parts, bearer: Option<&Bearer>) -> Result<Route, Rejection> {
        let route = Route::of(head.uri.path());
        if head.method == Method::OPTIONS {
            return Err(method("POST", "requests from web pages are not answered"));
        }
        if !matches!(route, Some(Route::Health | Route::Metrics)) {
            self.bearer(&head.headers, route, bearer)?;
            header(&head.headers)?;
        }
        self.host(head)?;
        forwarded(&head.headers)?;
        let route = route.ok_or_else(unknown)?;
        if head.method != route.method() {
            let allow = if route.method() == Method::POST { "POST" } else { "GET" };
            return Err(Rejection {
                gate: 7,
                ..method(allow, "the method is not allowed for this path")
            });
        }
        Ok(route)
    }

    /// Gate 3.
    fn bearer(
        &self,
        headers: &HeaderMap,
        route: Option<Route>,
        bearer: Option<&Bearer>,
    ) -> Result<(), Rejection> {
        let Self::Tcp { is_open, .. } = self else { return Ok(()) };
        if *is_open && route == Some(Route::Onify) {
            return Ok(());
        }
        let shown = only(headers, &AUTHORIZATION);
        let admitted = bearer.zip(shown).is_some_and(|(bearer, shown)| bearer.admits(shown));
        admitted.then_some(()).ok_or_else(|| {
            Rejection::new(
                3,
                StatusCode::UNAUTHORIZED,
                "gate.bearer",
                "the bearer token is missing or wrong",
                "send `Authorization: Bearer …` with the current token of the bearer file",
            )
        })
    }

    /// Gate 5: after DNS rebinding a web page can set every header but this one.
    fn host(&self, head: &Parts) -> Result<(), Rejection> {
        let rejection = |status, why: &'static str| {
            let hint = "call the service by its own address, without a proxy";
            Rejection::new(5, status, "gate.host", why, hint)
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
        let Self::Tcp { port, .. } = self else { return Ok(()) };
        let is_ours =
            host.to_str().ok().and_then(|host| host.rsplit_once(':')).is_some_and(|(name, at)| {
                LOOPBACK.contains(&name) && at.parse() == Ok(*port) && !at.starts_with(['+', '0'])
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
    fn of(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Health),
            "/metrics" => Some(Self::Metrics),
            "/onify/access-token" => Some(Self::Onify),
            "/v1/token" => Some(Self::Token),
            _ => None,
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Health | Self::Metrics => Method::GET,
            Self::Onify | Self::Token => Method::POST,
        }
    }
}

/// Gate 4: a web page cannot send this header to another origin without a preflight request, and
/// that is refused.
fn header(headers: &HeaderMap) -> Result<(), Rejection> {
    let shown = only(headers, &REQUEST) == Some(b"1");
    shown.then_some(()).ok_or_else(|| {
        Rejection::new(
            4,
            StatusCode::FORBIDDEN,
            "gate.header",
            "the header `X-Orgtoken-Request` is missing",
            "send `X-Orgtoken-Request: 1`",
        )
    })
}

/// Gate 6: rejects requests that another program forwarded or that a web page made.
fn forwarded(headers: &HeaderMap) -> Result<(), Rejection> {
    let rejection = |why: String| {
        let hint = "call the service from the program that needs the token, not through a proxy";
        Err(Rejection::new(6, StatusCode::FORBIDDEN, "gate.forwarded", why, hint))
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

fn unknown() -> Rejection {
    Rejection::new(
        7,
        StatusCode::NOT_FOUND,
        "gate.path",
        "unknown path",
        "the paths are /v1/token, /onify/access-token, /healthz and /metrics",
    )
}

fn method(allow: &'static str, why: &'static str) -> Rejection {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let rejection =
        Rejection::new(4, status, "gate.method", why, "use the method that `Allow` names");
    Rejection { allow: Some(allow), ..rejection }
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
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

#[cfg(test)]
mod tests;
