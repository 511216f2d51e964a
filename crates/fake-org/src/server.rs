//! Connections, with TLS or without, direct or through a tunnel, and their requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::call::Call;
use crate::clock::to_http;
use crate::hold::Gate;
use crate::id;
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::route;
use crate::scenario::WireFault;
use crate::tls::Tls;

/// The state that all connections share.
pub(crate) struct Server {
    pub(crate) org: Org,
    pub(crate) tls: Option<Tls>,
    pub(crate) gate: Gate,
    /// The number of connections that were served.
    pub(crate) connections: AtomicUsize,
}

impl Server {
    /// Accepts connections until the runtime ends.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(Arc::clone(&self).connection(stream))),
                // The peer has closed the connection, or there are too many open files.
                Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
            }
        }
    }

    /// Serves a connection. Plain bytes on a TLS port can only be a CONNECT request.
    async fn connection(self: Arc<Self>, stream: TcpStream) {
        // Each response is one small write.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some(_) if is_tls(&stream).await => Arc::clone(&self).secure(stream).await,
            _ => self.serve(stream, "http").await,
        }
    }

    async fn secure<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self: Arc<Self>,
        stream: S,
    ) {
        let Some(tls) = &self.tls else { return };
        // A client that does not trust the CA closes the connection here.
        if let Ok(stream) = tls.acceptor.accept(stream).await {
            self.serve(stream, "https").await;
        }
    }

    async fn serve<S>(self: Arc<Self>, stream: S, scheme: &'static str)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.connections.fetch_add(1, Ordering::Relaxed);
        let service = service_fn(|request| Arc::clone(&self).respond(request, scheme));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // Fails when the peer closes the connection or a scenario breaks it.
        let _ = connection.with_upgrades().await;
    }

    async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
        scheme: &'static str,
    ) -> Result<Response<Answer>, BrokenOnPurpose> {
        if request.method() == Method::CONNECT {
            return Ok(self.tunnel(request));
        }
        let (parts, body) = request.into_parts();
        let most = if parts.method == Method::PUT { MAX_UPLOAD } else { MAX_BODY };
        let Ok(body) = Limited::new(body, most).collect().await else {
            return Ok(reply::empty(StatusCode::PAYLOAD_TOO_LARGE).map(whole));
        };
        let call = Call::new(Request::from_parts(parts, body.to_bytes()), scheme);
        self.org.state().record(call.record());
        self.gate.pass(call.path()).await;

        if self.tls.is_some() && scheme == "http" {
            return Ok(reply::refusal(400, "invalid_request", "HTTPS required").map(whole));
        }
        let mut reply = route::answer(&self.org, &call);
        if call.header(header::ACCEPT_ENCODING).is_some_and(|codings| codings.contains("gzip")) {
            reply::compress(&mut reply);
        }
        self.finish(reply).await
    }

    /// Adds the headers of every response, and breaks the connection if a scenario says so.
    async fn finish(&self, mut reply: Reply) -> Result<Response<Answer>, BrokenOnPurpose> {
        let cookie = format!("BrowserId={}; path=/; secure", id::random_token(22));
        reply::set_header(&mut reply, header::DATE, &to_http(self.org.now()));
        reply::set_header(&mut reply, header::SET_COOKIE, &cookie);
        reply::set_header(&mut reply, header::CACHE_CONTROL, NO_STORE);
        match reply::fault(&reply) {
            None => Ok(reply.map(whole)),
            Some(WireFault::Closed) => Err(BrokenOnPurpose),
            Some(WireFault::Cut) => Ok(cut(reply)),
            Some(WireFault::Silence) => std::future::pending().await,
        }
    }

    /// Acts as a proxy that finds every host here.
    fn tunnel(self: Arc<Self>, request: Request<Incoming>) -> Response<Answer> {
        if self.tls.is_none() {
            return reply::empty(StatusCode::METHOD_NOT_ALLOWED).map(whole);
        }
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                self.secure(TokioIo::new(upgraded)).await;
            }
        });
        reply::empty(StatusCode::OK).map(whole)
    }
}

async fn is_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0] == TLS_HANDSHAKE)
}

/// A body in one piece, which may be truncated.
type Answer = UnsyncBoxBody<Bytes, BrokenOnPurpose>;

fn whole(data: Bytes) -> Answer {
    Full::new(data).map_err(|never| match never {}).boxed_unsync()
}

/// Returns a response whose body is one byte shorter than its Content-Length.
fn cut(mut reply: Reply) -> Response<Answer> {
    let length = HeaderValue::from(reply.body().len() + 1);
    reply.headers_mut().insert(header::CONTENT_LENGTH, length);
    let end = async {
        // hyper sends the data while it waits for the end.
        tokio::task::yield_now().await;
        Some(Err(BrokenOnPurpose))
    };
    // A mapped body has no known length. hyper panics in a debug build if one differs from the header.
    reply.map(|data| whole(data).map_frame(|frame| frame).with_trailers(end).boxed_unsync())
}

/// An error that makes hyper close the connection.
#[derive(Debug, thiserror::Error)]
#[error("the scenario breaks the connection")]
struct BrokenOnPurpose;

const ACCEPT_RETRY: Duration = Duration::from_millis(50);
const MAX_BODY: usize = 4 << 20;
/// The CSV of a bulk job has at most 150 MB after Base64 encoding, which makes four characters of
/// three bytes.
const MAX_UPLOAD: usize = 150_000_000 / 4 * 3;
const NO_STORE: &str = "no-cache,must-revalidate,max-age=0,no-store,private";
const TLS_HANDSHAKE: u8 = 0x16;
