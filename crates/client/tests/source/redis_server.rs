//! A Redis server of a test's own, where there is one on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// It is killed when this is dropped.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// With further arguments, in which `PORT` is its port. `None` where no Redis server is
    /// installed, except where `CI` says that nothing may be left out.
    ///
    /// Somebody may take the port between our look and its start: then another one will do.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let server = (0..10).find_map(|_| Self::attempt(arguments));
        Some(server.expect("redis-server starts"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
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

fn is_there() -> bool {
    let there = Command::new("redis-server").arg("--version").output().is_ok();
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs redis-server");
        // Past the test harness, which keeps what `eprintln!` prints.
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let _ = writeln!(std::io::stderr(), "left out: {test} needs redis-server");
    }
    there
}
