//! `serve`: tokens for other programs of the machine.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use conformance::program::{error, stderr, stdout};
use conformance::test_org::{CLIENT_ID, KEY, TestOrg, USER};
use serde_json::{Value, json};

use crate::hub::Hub;

/// A service that is killed with the test.
pub(crate) struct Service {
    child: Child,
    socket: PathBuf,
    said: BufReader<ChildStderr>,
    pub(crate) at_start: String,
}

impl Service {
    pub(crate) fn start(command: &mut Command, socket: PathBuf) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let mut service = Self { child, socket, said, at_start: String::new() };
        service.wait_for("listening on");
        service
    }

    /// Reads standard error up to a line with `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let Self { said, at_start, .. } = self;
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "ended: {at_start}");
            at_start.push_str(&line);
        }
    }

    fn of(org: &TestOrg) -> Self {
        Self::at_default_socket(org, &mut org.command(&["serve"]))
    }

    /// Starts `command` with a default socket in the folder of the org.
    pub(crate) fn at_default_socket(org: &TestOrg, command: &mut Command) -> Self {
        let socket = org.path("orgtoken/orgtoken.sock");
        Self::start(command.env("XDG_RUNTIME_DIR", org.folder.path()), socket)
    }

    /// Starts a service of the profiles in `config.toml`, at a socket in the folder of the org.
    fn of_profiles(org: &TestOrg, socket: &str) -> Self {
        Self::start(&mut org.bare(&["serve", "--socket", socket]), org.path(socket))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns status and body of a response.
    fn ask(&self, request: &str, body: &str) -> (u16, Value) {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    pub(crate) fn token(&self) -> (u16, Value) {
        self.ask("POST /v1/token", "")
    }

    fn token_of(&self, profile: &str) -> (u16, Value) {
        self.ask("POST /v1/token", &format!(r#"{{"profile":"{profile}"}}"#))
    }

    fn health(&self) -> Value {
        self.ask("GET /healthz", "").1["status"].clone()
    }

    /// Waits for a change: the service checks its files every 2 s.
    fn wait_until(&self, done: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < PATIENCE, "nothing changed within {PATIENCE:?}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Ends the service, and returns the rest of its standard error.
    pub(crate) fn end(self) -> String {
        self.end_by("-TERM")
    }

    fn end_by(mut self, signal: &str) -> String {
        self.signal(signal);
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn tokens_for_programs_and_for_onify_with_one_login() {
    let org = TestOrg::new();
    let service = Service::of(&org);
    let (status, token) = service.token();
    assert_eq!(status, 200, "{token}");
    assert_eq!(token["username"], USER);
    assert_eq!(token["api_version"], "v60.0");
    let (_, onify) = service.ask("POST /onify/access-token", "{}");
    let fields: Vec<_> = onify.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["accessToken", "apiVersion", "instanceUrl"]);
    assert_eq!(onify["accessToken"], token["access_token"]);
    assert_eq!(onify["instanceUrl"], org.url());

    let shell = org.run(&["token", "--format", "json"]);
    let shell: Value = serde_json::from_slice(&shell.stdout).unwrap();
    assert_eq!(shell, token, "the shell has the same token");
    assert_eq!(org.logins(), 1);

    let said = service.end();
    let token = token["access_token"].as_str().unwrap();
    assert!(said.contains(" profile=default hit=false"), "{said}");
    assert!(!said.contains(token) && !said.contains(USER), "{said}");
}

#[test]
fn refusal_is_reported_and_cached_until_sighup() {
    let org = TestOrg::playing("not-approved");
    let service = Service::of(&org);
    let (status, refusal) = service.ask("POST /onify/access-token", "");
    assert_eq!(status, 502, "{refusal}");
    assert_eq!(refusal["error"], "invalid_grant");
    assert_eq!(refusal["error_description"], "user hasn't approved this consumer");
    assert!(!refusal["hint"].as_str().unwrap().is_empty());

    let (_, again) = service.token();
    assert!(again["error_description"].as_str().unwrap().contains("cached refusal"));
    assert_eq!(org.logins(), 0);
    assert_eq!(org.login_history().len(), 1, "a dead login is not hammered");

    // The app was approved in Setup.
    org.set_scenario(USER, None);
    service.signal("-HUP");
    service.wait_until(|service| service.token().0 == 200);
}

#[test]
fn signal_removes_the_socket_and_releases_the_lock() {
    let org = TestOrg::new();
    for signal in ["-TERM", "-INT"] {
        let service = Service::of(&org);
        let socket = service.socket.clone();
        let silent = UnixStream::connect(&socket).unwrap();
        service.end_by(signal);
        assert!(!socket.exists(), "{signal}");
        drop(silent);
    }
    assert_eq!(Service::of(&org).token().0, 200);
}

#[test]
fn login_in_progress_does_not_delay_shutdown() {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let service = Service::of(&org);
    let socket = service.socket.clone();
    let mut client = UnixStream::connect(&socket).unwrap();
    let ask = "POST /v1/token HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\r\n";
    client.write_all(ask.as_bytes()).unwrap();
    hold.wait(1);
    // The login never ends.
    service.end();
    assert!(!socket.exists());
    drop(hold);
    stdout(&org.run(&["token"]));
}

#[test]
fn without_descriptors_a_request_waits_until_silent_connections_end() {
    let org = TestOrg::new();
    let socket = org.path("orgtoken/orgtoken.sock");
    let serve = org.command(&["serve"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40 && exec \"$@\"", "sh"]).arg(serve.get_program());
    command.args(serve.get_args()).current_dir(org.folder.path()).env_clear();
    command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("XDG_RUNTIME_DIR", org.folder.path());
    let service = Service::start(&mut command, socket);
    assert_eq!(service.token().0, 200);

    let silent: Vec<_> = (0..40).map(|_| UnixStream::connect(&service.socket).unwrap()).collect();
    assert_eq!(service.token().0, 200);
    drop(silent);
    assert_eq!(service.token().0, 200);
    assert!(service.end().contains("Too many open files"));
}

#[test]
fn second_service_reports_that_the_socket_is_in_use() {
    let org = TestOrg::new();
    let first = Service::of(&org);
    let mut second = org.command(&["serve", "--json"]);
    let second = second.env("XDG_RUNTIME_DIR", org.folder.path()).output().unwrap();
    let error = error(&second);
    assert_eq!((&error["code"], &error["exit"]), (&"net.in_use".into(), &6.into()));
    assert_eq!(first.token().0, 200);
}

#[test]
fn socket_of_a_killed_service_is_taken_over() {
    let org = TestOrg::new();
    let mut first = Service::of(&org);
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(first.socket.exists());
    assert_eq!(Service::of(&org).token().0, 200);
}

#[test]
fn check_asks_the_running_service() {
    let org = TestOrg::new();
    let check = |arguments: &[&str]| {
        let mut command = org.bare(&[&["serve", "--check"], arguments].concat());
        command.env("XDG_RUNTIME_DIR", org.folder.path()).output().unwrap()
    };
    let failed = error(&check(&["--json"]));
    assert_eq!((&failed["code"], &failed["exit"]), (&"net.service".into(), &6.into()));

    let service = Service::of(&org);
    assert_eq!(stdout(&check(&[])), "ok\n");
    assert_eq!(service.token().0, 200);
    let health: Value = serde_json::from_str(stdout(&check(&["--json"]))).unwrap();
    assert_eq!(health["status"], "ok");
    assert!(health["seconds_to_expiry"].as_u64() > Some(0), "{health}");
    assert!(error(&check(&["--json", "--listen", "127.0.0.1:1"]))["hint"].is_string());

    fs::remove_file(org.path("salesforce.json")).unwrap();
    service.wait_until(|service| service.health() == "degraded");
    assert_eq!(stdout(&check(&[])), "degraded\n");
}

#[test]
fn half_written_settings_and_missing_keys_keep_the_last_valid_ones() {
    let org = TestOrg::new();
    let service = Service::of(&org);
    let (_, first) = service.token();
    assert_eq!(service.health(), "ok");

    let record = org.record().to_string();
    org.private_file("salesforce.json", &record[..record.len() / 2]);
    service.wait_until(|service| service.health() == "degraded");
    assert_eq!(service.token(), (200, first.clone()));

    let other = record.replace("v60.0", "v61.0");
    org.private_file("salesforce.json", &other);
    service.wait_until(|service| service.token().1["api_version"] == "v61.0");
    assert_eq!(service.health(), "ok");
    assert_eq!(service.token().1["access_token"], first["access_token"], "no new login for it");

    fs::remove_file(org.path("salesforce.json")).unwrap();
    service.wait_until(|service| service.health() == "degraded");
    assert_eq!(service.token().0, 200);
    let said = service.end();
    assert!(said.contains("profile default is served as before: "), "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
}

/// Starts a service whose record is in a Hub.
fn of_hub(org: &TestOrg, hub: &Hub) -> Service {
    let socket = org.path("s.sock");
    let settings = format!("hub:{}", hub.url);
    let arguments = ["serve", "--settings", &settings, "--socket", socket.to_str().unwrap()];
    let mut command = org.bare(&arguments);
    command.args(org.way()).env("ORGTOKEN_HUB_TOKEN", "t0ken");
    Service::start(&mut command, socket)
}

#[test]
fn record_in_the_hub_is_read_again_at_sighup() {
    let org = TestOrg::new();
    let hub = Hub::answering("200 OK", &org.record());
    let service = of_hub(&org, &hub);
    assert_eq!(service.token().0, 200);
    service.signal("-HUP");
    assert!((0..2).all(|_| hub.asked.recv_timeout(PATIENCE).is_ok()), "at start, and when asked");
    assert_eq!(service.token().0, 200);
    service.end();
}

#[test]
fn tokens_are_served_while_settings_are_read() {
    let org = TestOrg::new();
    let hub = Hub::answering_first(1, "200 OK", &org.record());
    let service = of_hub(&org, &hub);
    service.signal("-HUP");
    assert!((0..2).all(|_| hub.asked.recv_timeout(PATIENCE).is_ok()), "at start, and when asked");
    assert!((0..8).all(|_| service.token().0 == 200));
    assert_eq!(service.health(), "ok", "the Hub may still answer");
}

/// Returns a profile of `config.toml` with this key file.
pub(crate) fn profile(org: &TestOrg, name: &str, key: &str) -> String {
    format!(
        "[profile.{name}]\nusername = \"{USER}\"\nclient_id = \"{CLIENT_ID}\"\n\
         private_key_file = \"{}\"\ninstance_url = \"{}\"\napi_version = \"v60.0\"\n\
         allow_hosts = [\"{}\"]\nca_file = \"{}\"\n",
        org.path(key).display(),
        org.url(),
        org.address(),
        org.path("ca.pem").display()
    )
}

#[test]
fn broken_profile_does_not_stop_the_others() {
    let org = TestOrg::new();
    let two =
        format!("{}{}", profile(&org, "acme", "app.key"), profile(&org, "broken", "none.key"));
    org.config(&two);
    let service = Service::of_profiles(&org, "s.sock");

    let by_name = |name: &str| service.token_of(name).0;
    assert_eq!(by_name("acme"), 200);
    assert_eq!(by_name("broken"), 404);
    assert_eq!(service.token().0, 404, "none is the default");
    let health = service.ask("GET /healthz", "").1;
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["degraded"], json!(["broken"]));

    let three = format!("default_profile = \"other\"\n{}", two.replace("broken", "other"));
    org.config(&three.replace("none.key", "app.key"));
    service.wait_until(|service| service.health() == "ok");
    assert_eq!(service.token().0, 200);

    org.config("");
    service.wait_until(|service| service.health() == "degraded");
    assert_eq!(service.token().0, 200, "what was good last is served, default and all");
}

#[test]
fn verbose_service_logs_no_token() {
    let org = TestOrg::new();
    let mut command = org.command(&["serve", "-vvv"]);
    let service = Service::at_default_socket(&org, command.env("RUST_LOG", "trace"));
    let (status, body) = service.token();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(status, 200);
    for request in ["GET /healthz", "POST /v1/nowhere", "GET /v1/token"] {
        let (_, answer) = service.ask(request, &format!("{{\"profile\":\"{token}\"}}"));
        assert!(!answer.to_string().contains(token), "{request}: {answer}");
    }
    let (_, refused) = service.ask("POST /v1/token", &format!("{{\"{token}\":1}}"));
    assert!(!refused.to_string().contains(token), "{refused}");

    let said = service.at_start.clone() + &service.end();
    for secret in [token, "eyJ", "PRIVATE KEY", KEY.secret().lines().nth(3).unwrap()] {
        assert!(!said.contains(secret), "{said}");
    }
    assert!(said.contains("grant uid="), "{said}");
}

#[test]
fn bearer_file_of_the_loopback_is_private() {
    let org = TestOrg::new();
    let mut command = org.command(&["serve", "--listen", "127.0.0.1:0"]);
    let service = Service::start(command.args(["--bearer-file", "bearer"]), PathBuf::new());
    let lines = &service.at_start;
    assert!(lines.contains("listening on http://127.0.0.1:"), "{lines}");
    let file = org.path("bearer");
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    let bearer = fs::read_to_string(&file).unwrap();
    assert!(!lines.contains(&bearer), "{lines}");
    assert!(lines.contains("the bearer token is in bearer"), "{lines}");
}

/// The key is pasted into the wrong setting, before the start and before a reload.
#[test]
fn key_in_the_wrong_setting_is_not_logged() {
    let org = TestOrg::new();
    let pem = KEY.secret();
    let base64 = Base64::encode_string(pem.as_bytes());
    let forms = [base64.clone(), Base64::encode_string(base64.as_bytes()), pem.to_owned()];
    let settings = ["private_key_file", "private_key_env", "ca_file", "passphrase_file", "cache"];
    let others = ["username", "client_id", "instance_url", "api_version", "proxy", "ssh_agent"];
    let mut bad = String::new();
    for (number, form) in forms.iter().enumerate() {
        for setting in settings.iter().chain(&others) {
            let value = serde_json::to_string(form).unwrap();
            bad += &format!("[profile.bad-{number}-{setting}]\n{setting} = {value}\n");
        }
        let value = serde_json::to_string(form).unwrap();
        bad += &format!(
            "[profile.list-{number}]\nallow_users = [{value}]\nallow_groups = [{value}]\n"
        );
        bad += &format!("[profile.{value}]\napi_version = \"x\"\n");
    }
    let good = profile(&org, "acme", "app.key");
    org.config(&format!("{good}{bad}"));
    let socket = org.path("s.sock");
    let mut command = org.bare(&["serve", "-vv", "--socket", socket.to_str().unwrap()]);
    let service = Service::start(&mut command, socket);
    let health = service.ask("GET /healthz", "").1.to_string();
    org.config(&format!("{good}allow_users = [{base64:?}]\n"));
    service.wait_until(|service| service.ask("GET /healthz", "").1["degraded"] == json!(["acme"]));
    let said = health + &service.at_start.clone() + &service.end();
    let key: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    for form in [key, forms[0].clone(), forms[1].clone()] {
        for window in form.as_bytes()[64..].chunks_exact(16) {
            let window = std::str::from_utf8(window).unwrap();
            assert!(!said.contains(window), "{window} in {said}");
        }
    }
    assert!(said.contains("profile acme: there is no user"), "{said}");
}

/// Returns the status of a token request over TCP.
fn ask_tcp(port: u16, bearer: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST /v1/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Orgtoken-Request: 1\r\n\
         Authorization: Bearer {bearer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].parse().unwrap()
}

#[test]
fn replaced_or_removed_bearer_file_invalidates_the_old_bearer() {
    let org = TestOrg::new();
    let mut command = org.command(&["serve", "--listen", "127.0.0.1:0"]);
    let service = Service::start(command.args(["--bearer-file", "bearer"]), PathBuf::new());
    let (_, port) = service.at_start.trim_end().rsplit_once(':').unwrap();
    let port = port.parse().unwrap();
    let file = org.path("bearer");
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(ask_tcp(port, &first), 200);

    let second = "x".repeat(40);
    org.private_file("bearer", &second);
    service.wait_until(|_| ask_tcp(port, &second) == 200);
    assert_eq!(ask_tcp(port, &first), 401);

    fs::remove_file(&file).unwrap();
    service.signal("-HUP");
    service.wait_until(|_| ask_tcp(port, &second) == 401);
    assert!(!file.exists(), "no new one is created while it runs");
    let said = service.end();
    assert!(
        said.contains("requests that need this bearer file are refused until it is valid"),
        "{said}"
    );
}

#[test]
fn stalled_standard_error_delays_neither_tokens_nor_shutdown() {
    let org = TestOrg::new();
    let mut service = Service::of(&org);
    assert_eq!(service.token().0, 200);
    // Standard error is not read from here on: the pipe and the queue fill up.
    let mut stream = UnixStream::connect(&service.socket).unwrap();
    let mut answer = vec![0; 4096];
    for _ in 0..12000 {
        let ask = "POST /v1/token HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\r\n";
        stream.write_all(ask.as_bytes()).unwrap();
        let length = stream.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
    }
    drop(stream);
    let mut stream = UnixStream::connect(&service.socket).unwrap();
    let ask = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(ask.as_bytes()).unwrap();
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).unwrap();
    let dropped =
        metrics.lines().find_map(|line| line.strip_prefix("orgtoken_audit_dropped_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() > 0, "{metrics}");

    service.signal("-TERM");
    let began = Instant::now();
    while service.child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE, "it does not end");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert!(!service.socket.exists());
}

#[test]
fn shutdown_does_not_wait_for_settings() {
    let org = TestOrg::new();
    let hub = Hub::answering_first(1, "200 OK", &org.record());
    let service = of_hub(&org, &hub);
    service.signal("-HUP");
    assert!((0..2).all(|_| hub.asked.recv_timeout(PATIENCE).is_ok()), "at start, and when asked");
    let began = Instant::now();
    service.end();
    assert!(began.elapsed() < Duration::from_secs(10), "the Hub never answers");
}

#[test]
fn sockets_of_systemd_count_only_with_our_process_id() {
    let org = TestOrg::new();
    let socket = org.path("orgtoken/orgtoken.sock");
    for pid in [None, Some("1"), Some("")] {
        let mut command = org.command(&["serve"]);
        command.env("XDG_RUNTIME_DIR", org.folder.path()).env("LISTEN_FDS", "1");
        pid.map(|pid| command.env("LISTEN_PID", pid));
        assert_eq!(Service::start(&mut command, socket.clone()).token().0, 200, "{pid:?}");
    }
    let refused = |args: &[&str], descriptor: &str, stdin: Stdio| {
        let serve = org.command(&[&["serve", "--json"], args].concat());
        let script = format!("LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\" {descriptor}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh"]).stdin(stdin);
        command.arg(serve.get_program()).args(serve.get_args()).current_dir(org.folder.path());
        command.env_clear().envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
        error(&command.output().unwrap())["code"].clone()
    };
    assert_eq!(refused(&[], "3<&-", Stdio::null()), "net.inherited");
    // Its bearer token would open the address of the profile, too.
    let socket = OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let args = ["--listen", "127.0.0.1:0=default", "--bearer-file", "tcp.bearer"];
    assert_eq!(refused(&args, "3<&0", socket.into()), "usage.conflict");
}

#[test]
fn few_descriptors_are_an_error_and_never_a_panic() {
    let org = TestOrg::new();
    for (command, seconds) in
        [(["token"].as_slice(), "60"), (&["serve", "--socket", "s.sock"], "3")]
    {
        let mut codes = BTreeSet::new();
        for limit in [4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 24, 64] {
            let program = org.command(command);
            let mut limited = Command::new("timeout");
            limited.args(["--preserve-status", seconds, "sh", "-c", "ulimit -n $0; exec \"$@\""]);
            limited.arg(limit.to_string()).arg(program.get_program()).args(program.get_args());
            limited.current_dir(org.folder.path()).env_clear();
            limited.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = limited.output().unwrap();
            let said = stderr(&output);
            assert!(!said.contains("bug in orgtoken"), "{command:?} with {limit}: {said}");
            codes.insert(output.status.code());
        }
        assert!(codes.contains(&Some(0)) && codes.len() > 1, "{command:?}: {codes:?}");
    }
}

#[test]
fn profile_with_the_name_default_is_not_replaced_by_the_default_profile() {
    let org = TestOrg::new();
    let of_default = profile(&org, "default", "app.key");
    let of_acme = profile(&org, "acme", "app.key").replace("v60.0", "v61.0");
    org.config(&format!("default_profile = \"acme\"\n{of_default}{of_acme}"));
    let service = Service::of_profiles(&org, "s.sock");
    let token = service.token_of("default").1;
    assert_eq!(token["api_version"], "v60.0", "{token}");
    assert_eq!(service.token().1["api_version"], "v61.0");
}

#[test]
fn removed_profile_is_dropped_although_another_is_broken() {
    let org = TestOrg::new();
    let good = |name: &str| profile(&org, name, "app.key");
    let broken = "[profile.unfinished]\nusername = \"a@b.com\"\n";
    org.config(&format!("{}{}{broken}", good("acme"), good("gone")));
    let service = Service::of_profiles(&org, "s.sock");
    let by_name = |name: &str| service.token_of(name).0;
    assert_eq!((by_name("acme"), by_name("gone")), (200, 200));

    org.config(&format!("{}{broken}", good("acme")));
    service.wait_until(|_| by_name("gone") == 404);
    assert_eq!(by_name("acme"), 200);
}

#[test]
fn other_users_can_reach_the_socket_of_a_profile_that_allows_them() {
    let org = TestOrg::new();
    fs::set_permissions(org.folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let allow = "allow_users = [\"12345\", \"no-such-user\"]\n";
    org.config(&(profile(&org, "acme", "app.key") + allow));
    let service = Service::of_profiles(&org, "run/s.sock");
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    assert_eq!(mode(&service.socket), 0o666);
    assert_eq!(mode(service.socket.parent().unwrap()), 0o755);
    let said = &service.at_start;
    assert!(said.contains("they cannot enter"), "{said}");
    assert!(said.contains("there is no user `no-such-user`"), "{said}");
    assert_eq!(service.health(), "degraded");
    assert_eq!(service.token().0, 200, "the known users are served");
}

#[test]
fn no_flag_listens_beyond_the_loopback() {
    let org = TestOrg::new();
    for address in ["0.0.0.0:0", "192.168.0.1:7523", "[::]:0"] {
        let output = org.run(&["serve", "--json", "--listen", address, "--bearer-file", "bearer"]);
        assert_eq!(error(&output)["code"], "settings.listen", "{address}");
    }
}

#[test]
fn missing_bearer_file_and_socket_are_named() {
    let org = TestOrg::new();
    let no_bearer = org.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(no_bearer.status.code(), Some(2));
    let said = "error: missing `--bearer-file`\n\
                hint: pass the file of the bearer token, which is created if it is missing\n";
    assert_eq!(stderr(&no_bearer), said);
    let nowhere = org.run(&["serve"]);
    assert!(stderr(&nowhere).contains("XDG_RUNTIME_DIR is not set"), "{}", stderr(&nowhere));
}

#[test]
fn bearer_file_that_others_can_read_is_refused_as_a_setting() {
    let org = TestOrg::new();
    org.private_file("tcp.bearer", &"x".repeat(40));
    let file = org.path("tcp.bearer");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let output = org.run(&["serve", "--listen", "127.0.0.1:0", "--bearer-file", "tcp.bearer"]);
    assert_eq!(output.status.code(), Some(3));
    let said = "error: bearer file `tcp.bearer` is open to other users (mode 0644)\n\
                hint: run: chmod 600 tcp.bearer\n";
    assert_eq!(stderr(&output), said);
}

#[test]
fn blueprint_is_printed_unchanged() {
    let org = TestOrg::new();
    let output = org.bare(&["blueprint"]).output().unwrap();
    let blueprint =
        include_str!("../../../crates/cli/assets/salesforce-generate-access-token.bpmn");
    assert_eq!(stdout(&output), blueprint);
    assert!(blueprint.contains(r#"<bpmn:process id="salesforce-generate-access-token""#));
}

/// A limit for changes that take a moment, except on a very busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
