use std::future::poll_fn;
use std::pin::pin;

use http::header::{HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;

use super::connector::Tcp;
use super::exchange::http1_builder;
use super::origin::Origin;
use super::proxy::{ProxyFault, Rules};

/// Asks a proxy for a tunnel to `origin` ([RFC 9110, Section 9.3.6]). The proxy learns host and
/// port only.
///
/// hyper-util's `Tunnel` has one error for 403, 502 and garbage, and drops bytes that arrive before
/// TLS.
///
/// [RFC 9110, Section 9.3.6]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
pub(crate) async fn open(proxy: &Rules, stream: Tcp, origin: &Origin) -> Result<Tcp, ProxyFault> {
    let (mut sender, mut connection) =
        http1_builder().handshake(stream).await.map_err(|_| ProxyFault::Closed)?;
    let mut answer = pin!(sender.send_request(connect(proxy, origin)));
    let mut ended = false;
    let answer = poll_fn(|cx| {
        ended = ended || connection.poll_without_shutdown(cx).is_ready();
        answer.as_mut().poll(cx)
    });
    let answer = answer.await.map_err(fault)?;
    match answer.status() {
        status if status.is_success() => {}
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            return Err(required_authentication(proxy, answer.headers()));
        }
        status => return Err(ProxyFault::Status(status)),
    }
    let parts = connection.into_parts();
    if parts.read_buf.is_empty() { Ok(parts.io) } else { Err(ProxyFault::Protocol) }
}

fn connect(proxy: &Rules, origin: &Origin) -> Request<Full<Bytes>> {
    let host = if origin.host.contains(':') {
        format!("[{}]:{}", origin.host, origin.port)
    } else {
        format!("{}:{}", origin.host, origin.port)
    };
    let mut request = Request::connect(host.as_str()).header(HOST, host.as_str());
    if let Some(credentials) = &proxy.credentials {
        request = request.header(PROXY_AUTHORIZATION, credentials);
    }
    request
        .body(Full::default())
        .expect("host and port of an origin are valid in a URI and a header")
}

/// Reads the requirements of a 407 response. Only names of known schemes are shown.
fn required_authentication(proxy: &Rules, headers: &HeaderMap) -> ProxyFault {
    let offers = |scheme: &str| {
        headers.get_all(PROXY_AUTHENTICATE).iter().any(|value| {
            let offered = value.to_str().unwrap_or_default().split([' ', ',']).next();
            offered.is_some_and(|offered| offered.eq_ignore_ascii_case(scheme))
        })
    };
    let other = ["NTLM", "Negotiate", "Kerberos", "Digest"].into_iter().find(|other| offers(other));
    match other.filter(|_| !offers("Basic")) {
        Some(scheme) => ProxyFault::Scheme(scheme),
        None if proxy.credentials.is_some() => ProxyFault::Credentials,
        None => ProxyFault::Authentication,
    }
}

fn fault(error: hyper::Error) -> ProxyFault {
    if error.is_parse() { ProxyFault::Protocol } else { ProxyFault::Closed }
}
