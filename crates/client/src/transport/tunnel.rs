use std::future::poll_fn;
use std::pin::pin;

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

use super::exchange::{Stream, wire};
use super::origin::Origin;
use super::proxy::{ProxyFault, Rules};

/// Asks a proxy for a tunnel to `origin` ([RFC 9110, Section 9.3.6]). It learns host and port, and
/// carries TLS from then on.
///
/// [RFC 9110, Section 9.3.6]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
pub(crate) async fn open(
    proxy: &Rules,
    stream: Box<dyn Stream>,
    origin: &Origin,
) -> Result<Box<dyn Stream>, ProxyFault> {
    let (mut sender, mut connection) =
        wire().handshake(TokioIo::new(stream)).await.map_err(|_| ProxyFault::Closed)?;
    let mut answer = pin!(sender.send_request(connect(proxy, origin)));
    let mut ended = false;
    let answer = poll_fn(|cx| {
        ended = ended || connection.poll_without_shutdown(cx).is_ready();
        answer.as_mut().poll(cx)
    });
    let answer = answer.await.map_err(fault)?;
    match answer.status() {
        status if status.is_success() => {}
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(ProxyFault::Authentication),
        status => return Err(ProxyFault::Status(status)),
    }
    let parts = connection.into_parts();
    if parts.read_buf.is_empty() { Ok(parts.io.into_inner()) } else { Err(ProxyFault::Protocol) }
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
        .expect("an origin's host and port are valid in a URI and a header")
}

fn fault(error: hyper::Error) -> ProxyFault {
    if error.is_parse() { ProxyFault::Protocol } else { ProxyFault::Closed }
}
