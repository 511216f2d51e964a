//! A server that sends any bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The response to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then one byte again and again, with a pause, until the client closes the
    /// connection.
    Drip(Vec<u8>, u8, Duration),
    /// These bytes, then zeros without end.
    Flood(Vec<u8>),
    /// No response, with an open connection.
    Silence,
}

/// A server that reads one request of each connection.
pub struct Raw {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Raw {
    /// Listens on a free port of 127.0.0.1 until the process ends, and always answers the same.
    pub fn answering(answer: impl Into<Answer>) -> Self {
        let answer = answer.into();
        Self::new(move |_| answer.clone())
    }

    /// The same, with a function that returns the response to a request.
    pub fn new<A: Into<Answer>>(answer: impl Fn(&str) -> A + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<_>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                std::thread::spawn(move || -> io::Result<()> {
                    let request = read_request(&mut stream)?;
                    lock(&seen).push(request.clone());
                    // In some tests the client closes the connection early.
                    talk(stream, answer(&request).into())
                });
            }
        });
        Self { address, requests }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns the requests with their bodies.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

/// Returns a response with a status, such as `200 OK`, and lines of further headers.
pub fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Returns the target of a request.
pub fn target(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

fn talk(mut stream: TcpStream, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Bytes(bytes) => stream.write_all(&bytes),
        Answer::Drip(head, byte, pause) => {
            stream.write_all(&head)?;
            loop {
                stream.write_all(&[byte])?;
                std::thread::sleep(pause);
            }
        }
        Answer::Flood(head) => {
            stream.write_all(&head)?;
            loop {
                stream.write_all(&[b'0'; 16 * 1024])?;
            }
        }
        Answer::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
    }
}

/// Reads the head and a body of its Content-Length.
fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&buffer[..count]);
        let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        if request.len() >= head + 4 + content_length(&request[..head]) {
            return Ok(String::from_utf8_lossy(&request).into_owned());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let value = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
}
