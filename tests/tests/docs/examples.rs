//! The examples do what they say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

use conformance::program::stdout;
use conformance::test_org::TestOrg;

#[test]
fn own_http_client() {
    // ureq is built without TLS here.
    let org = TestOrg::plain();
    let mut example = example(&org, "own-http-client");
    let output = example.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(shown, format!("a token for {}\n", org.url()), "{:?}", output.stderr);
}

#[test]
fn requests_to_a_web_service_share_one_login() {
    let org = TestOrg::new();
    let mut example = example(&org, "web-service");
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

#[test]
fn list_and_create() {
    let org = TestOrg::new();
    let output = example(&org, "list-and-create").output().unwrap();
    let shown = stdout(&output);
    assert!(shown.starts_with("created 001") && shown.contains("\nAcme AB\n"), "{shown}");
}

#[test]
fn layer_adds_the_token_for_the_org_and_logs_in_again() {
    // reqwest is built without TLS here.
    for (name, org) in [("tower-hyper", TestOrg::new()), ("tower-reqwest", TestOrg::plain())] {
        let output = example(&org, name).output().unwrap();
        let shown = stdout(&output);
        assert!(shown.starts_with("200 OK\n{\"totalSize\":2,"), "{name}: {shown}");
        let refused = format!("\nthe request is not for `{}`, the org of the token\n", org.url());
        assert!(shown.ends_with(&refused), "{name}: {shown}");
        assert_eq!(org.logins(), 1, "{name}");
    }
}

fn ask(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Ends with the org.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns an example with the variables that lead to an org. `cargo test` builds it, but not for
/// `--test docs` alone.
fn example(org: &TestOrg, name: &str) -> Command {
    let deps = std::env::current_exe().unwrap();
    let folder = deps.parent().unwrap().parent().unwrap().join("examples");
    let name = format!("{name}-under-test");
    let path = folder.join(&name);
    if !path.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--workspace", "--all-features", "--example", &name]);
        assert!(cargo.status().unwrap().success());
    }
    let mut command = Command::new(path);
    command.envs(org.variables());
    command
}
