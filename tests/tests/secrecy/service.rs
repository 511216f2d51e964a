//! Secrets in requests to the token service, and none of them in its responses or its log.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::forms::url_encoded;
use crate::home::{Home, orgtoken};
use crate::secrets::Secret;

#[test]
fn no_secret_of_a_request_is_in_a_response_or_in_the_log() {
    let secrets = Secret::all();
    let home = Home::new(&secrets);
    let mut command = orgtoken(home.folder());
    command.args(["serve", "-vv", "--listen", "127.0.0.1:0", "--bearer-file", "bearer"]);
    // Requests that fail a check must not end in 429.
    command.args(["--max-rate", "1000000"]).stderr(Stdio::piped());
    let mut service = Service(command.spawn().unwrap());
    let mut said = BufReader::new(service.0.stderr.take().unwrap());
    let (mut log, mut addresses) = (String::new(), Vec::new());
    while addresses.is_empty() {
        let mut line = String::new();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "the service ended: {log}");
        addresses.extend(line.trim_end().strip_prefix("listening on http://").map(str::to_owned));
        log.push_str(&line);
    }
    // The log is read all the time: a pipe that is full would make the service drop lines.
    let log = thread::spawn(move || {
        let mut bytes = log.into_bytes();
        said.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let bearer = std::fs::read(home.folder().join("bearer")).unwrap();
    let bearer = String::from_utf8_lossy(&bearer).trim().to_owned();
    let mut shown = Vec::new();
    let (mut granted, mut calls) = (0, 0);
    for canary in secrets.iter().flat_map(Secret::canaries) {
        for (place, request) in requests(&canary.text, &bearer) {
            let response = ask(&addresses[0], &request);
            let is_ok = response.starts_with(b"HTTP/1.1 200");
            granted += usize::from(is_ok);
            // A token is in a response to a request that is in order, and nowhere else.
            let has_token = is_ok && !place.starts_with("a call");
            calls += usize::from(is_ok && !has_token);
            let token = (!has_token).then_some(home.token());
            for secret in secrets.iter().chain(token) {
                if secret.is_in(&response) {
                    let excerpt = secret.excerpt(&response);
                    shown.push(format!("{} in {place}: {excerpt}", canary.encoding));
                }
            }
        }
    }
    kill_process(Pid::from_child(&service.0), Signal::TERM).unwrap();
    let log = log.join().unwrap();
    service.0.wait().unwrap();
    let text = String::from_utf8_lossy(&log);
    assert!(granted > 0 && text.contains("grant "), "{granted} tokens, {text}");
    assert!(calls > 0 && text.contains("call "), "{calls} calls, {text}");
    let bearer = Secret::of("bearer", bearer.clone(), bearer.as_bytes());
    for secret in secrets.iter().chain([home.token(), &bearer]) {
        if secret.is_in(&log) {
            shown.push(format!("{} in the log: {}", secret.name, secret.excerpt(&log)));
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// A service that ends with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The parts of a request that a caller writes, each with the text in it.
fn requests(text: &str, bearer: &str) -> Vec<(&'static str, String)> {
    let line = text.replace(['\r', '\n'], " ");
    let encoded = url_encoded(text);
    let json = serde_json::json!(text);
    let head = |first: &str, more: &str| {
        format!("{first} HTTP/1.1\r\nConnection: close\r\nX-Orgtoken-Request: 1\r\n{more}")
    };
    let host = "Host: localhost\r\n";
    let open = format!("Host: {HOST}\r\nAuthorization: Bearer {bearer}\r\n");
    let with_body = |body: &str| {
        let length = body.len();
        format!("{}Content-Length: {length}\r\n\r\n{body}", head("POST /v1/token", &open))
    };
    let call = |target: &str, more: &str| {
        let first = format!("GET /proxy/base/services/data/v60.0/{target}");
        head(&first, &format!("{open}{more}\r\n"))
    };
    vec![
        ("the method", head(&format!("{line} /v1/token"), &format!("{open}\r\n"))),
        ("the path", head(&format!("GET /{encoded}"), &format!("{open}\r\n"))),
        ("the path as it is", head(&format!("GET /{line}"), &format!("{open}\r\n"))),
        ("the query", head(&format!("POST /v1/token?profile={encoded}"), &format!("{open}\r\n"))),
        ("the host", head("POST /v1/token", &format!("Host: {line}\r\n\r\n"))),
        (
            "the bearer",
            head("POST /v1/token", &format!("{host}Authorization: Bearer {line}\r\n\r\n")),
        ),
        ("the origin", head("POST /v1/token", &format!("{open}Origin: {line}\r\n\r\n"))),
        ("another header", head("POST /v1/token", &format!("{open}X-Canary: {line}\r\n\r\n"))),
        ("a header's name", head("POST /v1/token", &format!("{open}{line}: x\r\n\r\n"))),
        ("the body", with_body(text)),
        ("the profile", with_body(&format!("{{\"profile\":{json}}}"))),
        ("the lifetime", with_body(&format!("{{\"min_ttl\":{json}}}"))),
        (
            "a call's profile",
            head(&format!("GET /proxy/{encoded}/services/data"), &format!("{open}\r\n")),
        ),
        ("a call's path", call(&format!("query/{encoded}"), "")),
        ("a call's path that is not allowed", call(&encoded, "")),
        ("a call's query", call(&format!("limits?q={encoded}"), "")),
        ("a call's method", call(&format!("limits?_HttpMethod={encoded}"), "")),
        ("a call's header", call("limits", &format!("X-Canary: {line}\r\n"))),
        ("a call's cookie", call("limits", &format!("Cookie: sid={line}\r\n"))),
        ("a call's override", call("limits", &format!("X-HTTP-Method-Override: {line}\r\n"))),
        ("a member", with_body(&format!("{{{json}:1}}"))),
    ]
}

fn ask(address: &str, request: &str) -> Vec<u8> {
    let mut response = Vec::new();
    // A service that refuses a request may close the connection before it has all of it.
    let mut stream = TcpStream::connect(address).unwrap();
    let _ = stream.write_all(request.replace(HOST, address).as_bytes());
    let _ = stream.read_to_end(&mut response);
    response
}

/// Is replaced by the address of the service.
const HOST: &str = "{host}";
