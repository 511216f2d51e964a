//! `serve` as a proxy: API calls of callers that never see a token.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use conformance::program::{error, stdout};
use conformance::test_org::TestOrg;
use serde_json::{Value, json};

use crate::serve::{Service, profile};

/// Starts `orgtoken serve` with these arguments, and waits until it listens.
fn start(org: &TestOrg, args: &[&str]) -> Service {
    let socket = org.path("s.sock");
    Service::start(&mut org.bare(&[&["serve", "-v"], args].concat()), socket)
}

/// `http://127.0.0.1:49152`
fn url(service: &Service) -> &str {
    service.at_start.trim_end().rsplit_once("listening on ").unwrap().1
}

/// Ends the service, and returns everything that it has written to standard error.
fn end(service: Service) -> String {
    service.at_start.clone() + &service.end()
}

/// Writes a profile `acme` with these lines more.
fn config(org: &TestOrg, more: &str) {
    org.config(&(profile(org, "acme", "app.key") + more));
}

fn curl(org: &TestOrg, args: &[&str]) -> Output {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--include", "--noproxy", "*", "--max-time", "60"]);
    command.args(args).current_dir(org.folder.path()).output().unwrap()
}

/// Returns the status and the JSON of a response that curl shows.
fn answer(output: &Output) -> (u16, Value) {
    let shown = stdout(output);
    let (head, body) = shown.rsplit_once("\r\n\r\n").unwrap();
    let head = head.rsplit("HTTP/1.1 ").next().unwrap();
    (head[..3].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn curl_reads_through_a_socket_and_sees_no_token() {
    let org = TestOrg::new();
    config(&org, "");
    let service = start(&org, &["--socket", "s.sock", "--proxy-only"]);
    let socket = ["--unix-socket", "s.sock", "--header", "X-Orgtoken-Request: 1"];
    let call = |args: &[&str]| curl(&org, &[&socket[..], args].concat());
    let base = "http://localhost/proxy/acme/services/data";

    let mut seen = String::new();
    let versions = call(&[base]);
    assert_eq!(answer(&versions).0, 200);
    let query = call(&[&format!("{base}/v60.0/query?q=SELECT+Name+FROM+Account")]);
    let (status, rows) = answer(&query);
    assert_eq!((status, &rows["totalSize"]), (200, &json!(2)), "{rows}");
    let url = rows["records"][0]["attributes"]["url"].as_str().unwrap();
    let record = call(&[&format!("http://localhost/proxy/acme{url}")]);
    assert_eq!(answer(&record).1["Name"], "Acme Rockets");
    let account = format!("http://localhost/proxy/acme{url}");
    let delete = call(&["--request", "DELETE", &account]);
    assert_eq!((answer(&delete).0, &answer(&delete).1["error"]), (403, &json!("gate.call")));
    let tooling = call(&[&format!("{base}/v60.0/tooling/executeAnonymous?anonymousBody=x")]);
    assert_eq!(answer(&tooling).0, 403);
    let traversal = call(&["--path-as-is", &format!("{base}/v60.0/query/../tooling/query")]);
    assert_eq!(answer(&traversal).1["error"], "gate.target");
    let token = call(&["--request", "POST", "http://localhost/v1/token"]);
    assert_eq!(answer(&token).0, 404);
    let metrics = call(&["http://localhost/metrics"]);
    for output in [versions, query, record, delete, tooling, traversal, token, metrics] {
        seen += stdout(&output);
    }
    seen += &end(service);
    assert!(seen.contains("profile=acme method=GET status=200 sent=0 received="), "{seen}");
    assert!(!seen.contains("FROM+Account\r") && !seen.contains("SELECT Name"), "{seen}");
    assert_no_token(&org, &seen);
}

/// Checks that no token of the org is in a text that a caller, or a reader of the log, can see.
#[track_caller]
fn assert_no_token(org: &TestOrg, seen: &str) {
    let tokens = org.requests().into_iter().filter_map(|request| {
        let header = request.headers().get("authorization")?.to_str().ok()?;
        header.strip_prefix("Bearer ").map(str::to_owned)
    });
    let tokens: Vec<_> = tokens.collect();
    assert!(!tokens.is_empty());
    for token in tokens {
        let token = token.as_bytes();
        let shown = seen.as_bytes().windows(16).any(|part| token.windows(16).any(|it| it == part));
        assert!(!shown, "a token is shown: {seen}");
    }
}

#[test]
fn root_of_one_profile_with_the_bearer_as_the_access_token() {
    let org = TestOrg::new();
    config(&org, "allow_methods = [\"GET\", \"POST\"]\nallow_paths = [\"sobjects/Account\"]\n");
    let service = start(&org, &["--listen", "127.0.0.1:0=acme", "--bearer-file", "agent.bearer"]);
    let bearer = fs::read_to_string(org.path("agent.bearer")).unwrap();
    let header = format!("Authorization: Bearer {bearer}");
    let call = |path: &str, args: &[&str]| {
        let url = format!("{}{path}", url(&service));
        answer(&curl(&org, &[&["--header", &header, &url], args].concat()))
    };
    let account = "/services/data/v60.0/sobjects/Account";
    let body = ["--json", r#"{"Name":"Acme"}"#];
    let (status, created) = call(account, &body);
    assert_eq!(status, 201, "{created}");
    let id = created["id"].as_str().unwrap();
    let (status, record) = call(&format!("{account}/{id}"), &[]);
    assert_eq!((status, &record["Name"]), (200, &json!("Acme")));
    // The session ends; the next call logs in again and is repeated.
    org.expire_all();
    assert_eq!(call(account, &body).0, 201);
    for (name, path, args, expected) in [
        ("a method", format!("{account}/{id}"), &["--request", "DELETE"][..], 403),
        ("an override", format!("{account}/{id}?_HttpMethod=DELETE"), &body, 403),
        ("a path", "/services/data/v60.0/query?q=x".to_owned(), &[], 403),
        ("a token", "/v1/token".to_owned(), &["--request", "POST"], 403),
        ("a profile", format!("/proxy/acme{account}"), &[], 403),
    ] {
        let (status, answer) = call(&path, args);
        assert_eq!(status, expected, "{name}: {answer}");
    }
    let refused = curl(&org, &[&format!("{}{account}", url(&service))]);
    assert_eq!(answer(&refused).0, 401);
    let log = end(service);
    assert!(!log.contains(bearer.trim()), "{log}");
    assert_no_token(&org, &log);
}

#[test]
fn listener_for_an_unknown_profile_is_refused() {
    let org = TestOrg::new();
    config(&org, "");
    let args = ["serve", "--json", "--listen", "127.0.0.1:0=acne", "--bearer-file", "b"];
    let output = org.bare(&args).output().unwrap();
    assert_eq!(error(&output)["code"], "settings.profile");
    assert_eq!(error(&output)["message"], "`--listen`: the service has no profile `acne`");
}

#[test]
fn bearer_of_one_profile_opens_no_other_address() {
    let org = TestOrg::new();
    org.config(&(profile(&org, "acme", "app.key") + &profile(&org, "other", "app.key")));
    let files = ["--bearer-file", "all", "--bearer-file", "acme=./a=b", "--bearer-file", "other=c"];
    let listen = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0=acme"];
    let other = ["--listen", "127.0.0.1:0=other", "--listen", "127.0.0.1:0=acme"];
    let mut service = start(&org, &[&listen[..], &other, &files].concat());
    (0..3).for_each(|_| service.wait_for("listening on"));
    let at_start = service.at_start.clone();
    let addresses: Vec<_> = at_start
        .lines()
        .filter_map(|line| line.split_once("listening on ").map(|(_, address)| address))
        .collect();
    let bearers = ["all", "a=b", "c"].map(|name| fs::read_to_string(org.path(name)).unwrap());
    let statuses = |replaced: &str| {
        let mut statuses = Vec::new();
        for bearer in bearers.iter().map(String::as_str).chain([replaced]) {
            let header = format!("Authorization: Bearer {bearer}");
            let limits = "services/data/v60.0/limits";
            for (address, root) in addresses.iter().zip(["proxy/other/", "", "", ""]) {
                let url = format!("{address}/{root}{limits}");
                statuses.push(answer(&curl(&org, &["--header", &header, &url])).0);
            }
        }
        statuses
    };
    let second = "x".repeat(40);
    let (yes, no) = (200, 401);
    assert_eq!(
        statuses(&second),
        [yes, no, no, no, no, yes, no, yes, no, no, yes, no, no, no, no, no]
    );
    org.private_file("c", &second);
    let began = Instant::now();
    while statuses(&second)[14] != yes {
        assert!(began.elapsed() < Duration::from_secs(60), "the bearer file is not read again");
    }
    let after = [yes, no, no, no, no, yes, no, yes, no, no, no, no, no, no, yes, no];
    assert_eq!(statuses(&second), after);
    org.private_file("a=b", &second);
    while statuses(&second)[14] == yes {
        assert!(began.elapsed() < Duration::from_secs(60), "one token opens two profiles");
    }
    assert_eq!(statuses(&second).iter().filter(|status| **status == yes).count(), 1);
    let said = end(service);
    assert!(said.contains("valid: c: one bearer token would open addresses"), "{said}");
    assert!(bearers.iter().all(|bearer| !said.contains(bearer.trim())), "{said}");
}

#[test]
fn bearer_file_of_several_profiles_is_refused() {
    let org = TestOrg::new();
    org.config(&(profile(&org, "acme", "app.key") + &profile(&org, "other", "app.key")));
    org.private_file("c", &"x".repeat(40));
    let (all, acme, other) = ("127.0.0.1:0", "127.0.0.1:0=acme", "127.0.0.1:0=other");
    for (listen, files, code) in [
        (&[acme, other][..], &["a"][..], "usage.conflict"),
        (&[all, acme], &["a"], "usage.conflict"),
        (&[all, acme], &["a", "--open-loopback"], "usage.conflict"),
        (&[acme, other], &["acme=a", "other=a"], "usage.conflict"),
        (&[acme, other], &["acme=c", "other=./c"], "usage.conflict"),
        (&[acme, other], &["acme=a"], "usage.missing"),
        (&[acme], &["a", "b"], "usage.value"),
        (&[acme], &["acme=a", "acme=b"], "usage.value"),
        (&[acme], &["acne=a"], "usage.value"),
        (&[acme], &["acme=a", "b"], "usage.value"),
        (&[], &["a"], "usage.value"),
        (&[all], &["acme=a"], "usage.value"),
    ] {
        let mut command = org.bare(&["serve", "--json"]);
        for address in listen {
            command.args(["--listen", address]);
        }
        for file in files {
            match *file {
                "--open-loopback" => command.arg(file),
                file => command.args(["--bearer-file", file]),
            };
        }
        let output = command.output().unwrap();
        assert_eq!(error(&output)["code"], code, "{listen:?} {files:?}");
        assert!(!org.path("a").exists() && !org.path("b").exists(), "{listen:?} {files:?}");
    }
}

#[test]
fn open_loopback_says_what_it_opens() {
    let org = TestOrg::new();
    config(&org, "");
    let address = ["--open-loopback", "--listen", "127.0.0.1:0"];
    for (args, tokens, calls) in [
        (&address[..], true, true),
        (&[&address[..], &["--proxy-only"]].concat(), false, true),
        (&["--open-loopback", "--listen", "127.0.0.1:0=acme"], false, true),
        (&["--open-loopback", "--socket", "s.sock"], false, false),
    ] {
        let mut service = start(&org, args);
        service.wait_for("warning: --open-loopback: ");
        let said = end(service);
        assert_eq!(said.contains("can get the token"), tokens, "{said}");
        assert_eq!(said.contains("make the API calls"), calls, "{said}");
    }
}

#[test]
fn rules_that_cannot_be_read_are_refused() {
    let org = TestOrg::new();
    for line in ["allow_methods = []", "allow_paths = [\"/services/oauth2\"]"] {
        config(&org, line);
        let output = org.bare(&["serve", "--json", "--socket", "s.sock"]).output().unwrap();
        assert_eq!(error(&output)["code"], "settings.value", "{line}");
    }
}
