//! A Redis server for one test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::tools;

/// A Redis server that ends with the test.
pub struct RedisServer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts a server with further arguments, in which `PORT` is replaced by its port. `None` if
    /// no Redis server is installed, which is a failure where `CI` is `true`.
    ///
    /// Another process may take the port before the server listens. Then another port is tried.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        if !tools::has("redis-server") {
            return None;
        }
        let server = (0..10).find_map(|_| Self::attempt(arguments));
        Some(server.expect("redis-server starts"))
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    fn attempt(arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = port.to_string();
        let mut child = Command::new("redis-server")
            .args(["--port", &text, "--bind", "127.0.0.1", "--save", ""])
            .args(arguments.iter().map(|&word| if word == "PORT" { &text } else { word }))
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let ready = said.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept"));
        let server = Self { child, port, _folder: folder };
        ready.then_some(server)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
