//! The examples do what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use orgtoken_fake_org::{AppKey, FakeOrg, User};
use tempfile::TempDir;

#[test]
fn own_http_client() {
    // ureq is built without TLS here.
    let (org, _folder, mut example) = stage("own_http_client", false);
    let output = example.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(shown, format!("a token for {}\n", org.url()), "{:?}", output.stderr);
}

#[test]
fn requests_to_a_web_service_share_one_login() {
    let (org, _folder, mut example) = stage("web_service", true);
    let mut service = Service(example.stdout(Stdio::piped()).spawn().unwrap());
    let mut address = String::new();
    BufReader::new(service.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let address = address.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();

    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert!(ask(&address).ends_with(" s\n")));
        }
    });
    assert_eq!(org.logins(), 1);
}

fn ask(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Ends with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An org, and an example that is told where it is.
fn stage(example: &str, tls: bool) -> (FakeOrg, TempDir, Command) {
    let key = AppKey::generate();
    let org = FakeOrg::builder().tls(tls).certificate(key.certificate_pem());
    let org = org.client_id("3MVG9").user(User::new("robot@acme.com")).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key_file, ca_file) = (folder.path().join("robot.key"), folder.path().join("ca.pem"));
    fs::write(&key_file, key.secret()).unwrap();
    fs::write(&ca_file, org.ca_pem().unwrap_or_default()).unwrap();

    let mut command = Command::new(built(example));
    command
        .env("ORGTOKEN_ALLOW_HOSTS", org.address())
        .env("ORGTOKEN_INSTANCE_URL", org.url())
        .env("ORGTOKEN_CLIENT_ID", "3MVG9")
        .env("ORGTOKEN_USERNAME", "robot@acme.com")
        .env("ORGTOKEN_PRIVATE_KEY_FILE", key_file)
        .env("ORGTOKEN_CA_FILE", ca_file);
    (org, folder, command)
}

/// Examples lie beside the tests. `cargo test` builds them, unless it was told to build less.
fn built(example: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps.parent().unwrap().parent().unwrap().join("examples").join(example);
    if !path.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "orgtoken-client", "--example", example]);
        assert!(cargo.status().unwrap().success());
    }
    path
}
