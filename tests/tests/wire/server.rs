//! A server that follows a script for each connection.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use orgtoken_client::{Transport, TransportError};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{interval, sleep};
use tokio_rustls::TlsAcceptor;

/// One step of a script. The connection is closed after the last one.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends one byte a second.
    Drip(Vec<u8>),
    /// Sends the bytes repeatedly until the client disconnects.
    Flood(Vec<u8>),
    /// Sends nothing until the client disconnects.
    Hold,
    /// Sends nothing, and records the bytes of the client until it disconnects.
    Listen,
    /// Reads one more request.
    Next,
    /// Resets the connection; it has to be the last step.
    Reset,
    /// Sends the bytes at once.
    Send(Vec<u8>),
    /// Lets time pass.
    Wait(Duration),
}

/// Sends `text` at once.
pub(crate) fn send(text: impl AsRef<[u8]>) -> Act {
    Act::Send(text.as_ref().to_vec())
}

/// A `200` with a JSON body.
pub(crate) fn json(body: &str) -> Act {
    let length = body.len();
    send(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The script of the n-th connection, counted from 0, is `script(n)`.
    pub(crate) async fn plain(script: impl Fn(usize) -> Vec<Act> + Send + 'static) -> Self {
        Self::start(None, script).await
    }

    pub(crate) async fn always(acts: impl Into<Vec<Act>>) -> Self {
        let acts = acts.into();
        Self::plain(move |_| acts.clone()).await
    }

    pub(crate) async fn tls(config: ServerConfig, acts: impl Into<Vec<Act>>) -> Self {
        let acts = acts.into();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), move |_| acts.clone()).await
    }

    async fn start(
        tls: Option<TlsAcceptor>,
        script: impl Fn(usize) -> Vec<Act> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::default();
        let record = Arc::clone(&requests);
        let scheme = if tls.is_some() { "https" } else { "http" };
        tokio::spawn(tick());
        tokio::spawn(async move {
            for connection in 0.. {
                let (tcp, _) = listener.accept().await.unwrap();
                let (acts, tls, record) = (script(connection), tls.clone(), Arc::clone(&record));
                tokio::spawn(async move { converse(tcp, tls, acts, &record).await });
            }
        });
        Self { address, scheme, requests }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}/services/oauth2/token", self.scheme, self.address)
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Sends one request.
    pub(crate) async fn ask(
        &self,
        transport: &Transport,
    ) -> Result<Response<Bytes>, TransportError> {
        transport.exchange(post(&self.url())).await
    }
}

/// An address that does not respond to connections.
pub(crate) struct BlackHole {
    address: SocketAddr,
    _listener: std::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

impl BlackHole {
    /// No connection is accepted. The kernel queues some of them, and ignores the others.
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap().into_std().unwrap();
        let address = listener.local_addr().unwrap();
        let connect = || std::net::TcpStream::connect_timeout(&address, A_MOMENT).ok();
        let waiting = std::iter::from_fn(connect).collect();
        Self { address, _listener: listener, _waiting: waiting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A request with a secret body.
pub(crate) fn post(url: &str) -> Request<Bytes> {
    Request::post(url).body(Bytes::from_static(SECRET.as_bytes())).unwrap()
}

/// More than the buffers of a connection on this machine.
const A_MOMENT: Duration = Duration::from_millis(300);

pub(crate) const SECRET: &str = "assertion=eyJhbGciOiJSUzI1NiJ9.canary.canary";

/// A paused clock jumps to the next timer when all tasks wait, even for the kernel. Small steps
/// leave time for the kernel.
pub(crate) async fn tick() {
    let mut tick = interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
    }
}

async fn converse(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    acts: Vec<Act>,
    record: &Mutex<Vec<String>>,
) -> io::Result<()> {
    if matches!(acts.last(), Some(Act::Reset)) {
        tcp.set_zero_linger()?;
    }
    match tls {
        Some(tls) => perform(tls.accept(tcp).await?, acts, record).await,
        None => perform(tcp, acts, record).await,
    }
}

async fn perform(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    acts: Vec<Act>,
    record: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    let nth = {
        let mut requests = record.lock().unwrap();
        requests.push(request);
        requests.len() - 1
    };
    for act in acts {
        match act {
            Act::Drip(bytes) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                    sleep(Duration::from_secs(1)).await;
                }
            }
            Act::Flood(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
            Act::Hold => drop(stream.read(&mut [0]).await),
            Act::Listen => loop {
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).await?;
                if count == 0 {
                    break;
                }
                let more = String::from_utf8_lossy(&bytes[..count]);
                record.lock().unwrap()[nth].push_str(&more);
            },
            Act::Next => {
                let request = read_request(&mut stream).await?;
                record.lock().unwrap().push(request);
            }
            Act::Reset => return Ok(()),
            Act::Send(bytes) => stream.write_all(&bytes).await?,
            Act::Wait(time) => sleep(time).await,
        }
        stream.flush().await?;
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut request = String::new();
    while !is_complete(&request) {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    Ok(request)
}

fn is_complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
