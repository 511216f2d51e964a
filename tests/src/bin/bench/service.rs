//! The token service and its proxy under load, beside nginx.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use conformance::test_org::{CLIENT_ID, TestOrg, USER};
use conformance::tools;
use rustix::process::{Pid, Signal, kill_process};

use crate::Row;

/// The org is a second nginx, which both proxies call. All connections are kept open, both proxies
/// have two threads, and both write a line for each call.
pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    if !["nginx", "wrk"].into_iter().all(tools::has) {
        return Ok(Vec::new());
    }
    let home = TestOrg::new();
    let org = Server::nginx(&home, "org", |address| {
        let token = format!(
            r#"{{"access_token":"{TOKEN}","instance_url":"http://{address}","token_type":"Bearer"}}"#
        );
        format!(
            "server {{ listen {address}; default_type application/json;\n\
             location = /services/oauth2/token {{ return 200 '{token}'; }}\n\
             location / {{ return 200 '{RECORDS}'; }} }}"
        )
    })?;
    let [ours, our_tokens] = Server::orgtoken(&home, &org)?;
    let bearer = fs::read_to_string(home.path("calls.bearer"))?;
    let token_bearer = fs::read_to_string(home.path("tokens.bearer"))?;
    let token = post(&our_tokens, &token_bearer)?;
    let theirs = Server::nginx(&home, "proxy", |address| {
        format!(
            "upstream org {{ server {}; keepalive 64; keepalive_requests 1000000000; }}\n\
             server {{ listen {address};\n\
             location / {{ return 403; }}\n\
             location = /v1/token {{ default_type application/json; return 200 '{token}'; }}\n\
             location ~ ^/services/data/v[0-9.]+/(limits|query|queryAll|search|sobjects)(/|$) {{\n\
             if ($http_authorization != 'Bearer {bearer}') {{ return 401; }}\n\
             limit_except GET {{ deny all; }}\n\
             proxy_pass http://org; proxy_http_version 1.1; proxy_set_header Connection '';\n\
             proxy_set_header Accept-Encoding identity;\n\
             proxy_set_header Authorization 'Bearer {TOKEN}'; }} }}",
            org.address,
        )
    })?;

    let (mut calls, mut tokens): ([Loads; 2], [Loads; 2]) = Default::default();
    for _ in 0..(runs / 20).max(3) {
        for (server, loads) in [&ours, &theirs].into_iter().zip(&mut calls) {
            loads.push(load(&home, server, &bearer, "GET", CALL)?);
        }
        for (server, loads) in [&our_tokens, &theirs].into_iter().zip(&mut tokens) {
            loads.push(load(&home, server, &token_bearer, "POST", "/v1/token")?);
        }
    }
    let [our_calls, their_calls] = &calls;
    let [our_tokens, their_tokens] = &tokens;
    Ok(vec![
        Row::ratio(
            "a token of the service, beside nginx",
            &our_tokens.time,
            &their_tokens.time,
            TIME,
        ),
        Row::ratio(
            "a call through the proxy, beside nginx",
            &our_calls.time,
            &their_calls.time,
            TIME,
        ),
        Row::ratio("its processor time", &our_calls.processor, &their_calls.processor, PROCESSOR),
        Row::ratio("the 99th percentile of its duration", &our_calls.p99, &their_calls.p99, P99),
    ])
}

/// A server, which ends when this is dropped.
struct Server {
    child: Child,
    /// `127.0.0.1:49152`
    address: String,
}

impl Server {
    fn nginx(home: &TestOrg, name: &str, servers: impl FnOnce(&str) -> String) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let folder = home.path(name);
        fs::create_dir(&folder)?;
        let mut temporary = String::new();
        for module in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(temporary, "{module}_temp_path {module};")?;
        }
        let config = format!(
            "daemon off; worker_processes 2; pid nginx.pid; error_log error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ keepalive_requests 1000000000; {temporary}\n\
             access_log access.log combined buffer=64k flush=1s;\n{} }}\n",
            servers(&address)
        );
        fs::write(folder.join("nginx.conf"), config)?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).args(["-e", "error.log", "-c", "nginx.conf"]);
        let server = Self { child: command.stdin(Stdio::null()).spawn()?, address };
        wait_for(|| folder.join("nginx.pid").is_file().then_some(()))?;
        Ok(server)
    }

    /// Starts the service, and returns it with the addresses for calls and for tokens.
    fn orgtoken(home: &TestOrg, org: &Self) -> Result<[Self; 2]> {
        home.config(&format!(
            "[profile.acme]\nusername = \"{USER}\"\nclient_id = \"{CLIENT_ID}\"\n\
             private_key_file = \"{}\"\napi_version = \"v60.0\"\ninstance_url = \"http://{org}\"\n\
             login_url = \"http://{org}\"\nallow_hosts = [\"{org}\"]\ntoken_lifetime = \"2h\"\n",
            home.path("app.key").display(),
            org = org.address,
        ));
        let service = |arguments: [&str; 4], log: &Path| -> Result<Self> {
            let mut command = home.bare(&["serve", "--no-cache"]);
            command.args(arguments).stderr(File::create(log)?);
            let child = command.spawn()?;
            let address = wait_for(|| {
                let log = fs::read_to_string(log).ok()?;
                let (_, address) = log.split_once("listening on http://")?;
                Some(address.split_once('\n')?.0.to_owned())
            })?;
            Ok(Self { child, address })
        };
        Ok([
            service(
                ["--listen", "127.0.0.1:0=acme", "--bearer-file", "calls.bearer"],
                &home.path("calls.log"),
            )?,
            service(
                ["--listen", "127.0.0.1:0", "--bearer-file", "tokens.bearer"],
                &home.path("tokens.log"),
            )?,
        ])
    }

    /// Returns the processor time of all its threads and children.
    fn processor(&self) -> Result<Duration> {
        let mut time = Duration::ZERO;
        let mut processes = vec![self.child.id().to_string()];
        while let Some(process) = processes.pop() {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                let thread = thread?.path();
                let spent = fs::read_to_string(thread.join("schedstat"))?;
                let spent = spent.split(' ').next().context("schedstat is empty")?;
                time += Duration::from_nanos(spent.parse()?);
                let children = fs::read_to_string(thread.join("children"))?;
                processes.extend(children.split_whitespace().map(str::to_owned));
            }
        }
        Ok(time)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The parent of nginx ends its children only at this signal.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// The times of one request, in each run.
#[derive(Default)]
struct Loads {
    time: Vec<Duration>,
    processor: Vec<Duration>,
    p99: Vec<Duration>,
}

impl Loads {
    fn push(&mut self, [time, processor, p99]: [Duration; 3]) {
        self.time.push(time);
        self.processor.push(processor);
        self.p99.push(p99);
    }
}

/// Sends requests for a second on 16 connections. Returns the time and the processor time of a
/// request, and the duration that one of 100 requests exceeds.
fn load(
    home: &TestOrg,
    server: &Server,
    bearer: &str,
    method: &str,
    path: &str,
) -> Result<[Duration; 3]> {
    let script = home.path("load.lua");
    fs::write(
        &script,
        format!(
            "wrk.method = '{method}'\n\
             done = function(summary, latency, _)\n\
             local errors = summary.errors\n\
             local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout\n\
             io.write('\\nDONE ', summary.requests, ' ', summary.duration, ' ', latency:percentile(99), \
             ' ', failed, '\\n')\nend\n"
        ),
    )?;
    let before = server.processor()?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", "16", "--duration", "1s", "--script"])
        .arg(&script)
        .args(["--header", &format!("Authorization: Bearer {bearer}")])
        .args(["--header", "X-Orgtoken-Request: 1"])
        .arg(format!("http://{}{path}", server.address))
        .output()?;
    let processor = server.processor()? - before;
    let output = String::from_utf8(output.stdout)?;
    let (_, done) = output.split_once("DONE ").context("wrk ended early")?;
    let numbers: Vec<f64> = done.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [requests, duration, p99, failed] = numbers[..] else { bail!("unexpected output of wrk") };
    ensure!(requests > 0.0 && failed == 0.0, "{failed} of {requests} requests failed: {path}");
    let micros = |number: f64| Duration::from_secs_f64(number / 1e6);
    Ok([micros(duration / requests), processor.div_f64(requests), micros(p99)])
}

/// Returns the response to a request for a token.
fn post(server: &Server, bearer: &str) -> Result<String> {
    let output = Command::new("curl")
        .args(["--silent", "--fail", "--noproxy", "*", "--request", "POST"])
        .args(["--header", &format!("Authorization: Bearer {bearer}")])
        .args(["--header", "X-Orgtoken-Request: 1"])
        .arg(format!("http://{}/v1/token", server.address))
        .output()?;
    ensure!(output.status.success(), "the service gives out no token");
    Ok(String::from_utf8(output.stdout)?)
}

fn wait_for<T>(ready: impl Fn() -> Option<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(ready) = ready() {
            return Ok(ready);
        }
        ensure!(began.elapsed() < Duration::from_secs(20), "a server does not start");
        thread::sleep(Duration::from_millis(10));
    }
}

/// As long as a token of Salesforce.
const TOKEN: &str = concat!(
    "00Dxx0000001gPL!",
    "FAKE.TOKEN_",
    "of.the.bench.",
    "of.the.bench.",
    "of.the.bench.",
    "of.the.bench.",
    "of.the.bench.",
    "of.the.bench.",
    "of.the.bench."
);
const CALL: &str = "/services/data/v60.0/query?q=SELECT+Id,Name+FROM+Account";
const RECORDS: &str = r#"{"totalSize":2,"done":true,"records":[{"attributes":{"type":"Account","url":"/services/data/v60.0/sobjects/Account/001xx000003DGb0AAG"},"Id":"001xx000003DGb0AAG","Name":"Acme Rockets"},{"attributes":{"type":"Account","url":"/services/data/v60.0/sobjects/Account/001xx000003DGb1AAG"},"Id":"001xx000003DGb1AAG","Name":"Globex"}]}"#;
/// 0.7 times the requests a second.
const TIME: f64 = 1.43;
/// Measured on a busy machine: 1.25 to 1.5.
const PROCESSOR: f64 = 1.6;
const P99: f64 = 2.0;
