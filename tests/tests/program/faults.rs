//! Missing resources, signals, wrong clocks and proxies.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use conformance::program::{self, error, stderr, stdout};
use conformance::raw::Raw;
use conformance::test_org::{TestOrg, USER};
use orgtoken_fake_org::{FakeOrgBuilder, Scenario, User};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

#[test]
fn too_few_descriptors_are_reported_and_not_as_a_bug() {
    let org = TestOrg::new();
    let program = program::path();
    for files in 4..16 {
        let way = org.way().join(" ");
        let shell = format!(
            "ulimit -n {files} && exec {program} token --no-cache --settings salesforce.json {way}"
        );
        let output = org.shell(&shell).output().unwrap();
        let (code, said) = (output.status.code(), stderr(&output));
        assert!(matches!(code, Some(0 | 1 | 6)), "{files} files: {code:?} {said}");
        if code != Some(0) {
            assert!(said.contains("too many open files"), "{files} files: {said}");
        }
    }
}

#[test]
fn file_size_limit_leaves_no_part_of_a_file() {
    let org = TestOrg::new();
    let program = program::path();
    let way = org.way().join(" ");
    let token = format!("{program} token --settings salesforce.json {way}");
    for job in [format!("{token} --out file"), format!("{program} key generate new")] {
        let output = org.shell(&format!("ulimit -f 0 && exec {job}")).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{job}: {}", stderr(&output));
        assert!(
            stderr(&output).to_lowercase().contains("file too large"),
            "{job}: {}",
            stderr(&output)
        );
    }
    for name in ["file", "new.key", "new.crt"] {
        assert!(!org.path(name).exists(), "{name}");
    }
}

#[test]
fn killed_login_releases_the_lock() {
    for signal in [Signal::TERM, Signal::INT] {
        let org = TestOrg::new();
        let hold = org.hold("/services/oauth2/token");
        let mut first = heeding_signals(&org.command(&["token"])).spawn().unwrap();
        hold.wait(1);
        kill_process(Pid::from_child(&first), signal).unwrap();
        let status = first.wait().unwrap();
        let ended_by = status.signal().or_else(|| status.code());
        assert!(matches!(ended_by, Some(2 | 15 | 130 | 143)), "{signal:?}: {status}");
        drop(hold);
        let token = stdout(&org.run(&["token"])).to_owned();
        assert_eq!(stdout(&org.run(&["token"])), token, "{signal:?}");
    }
}

#[test]
fn valid_token_is_printed_while_the_endpoint_is_down() {
    let org = TestOrg::new();
    let token = stdout(&org.run(&["token"])).to_owned();
    let mut soon = org.command(&["token"]);
    let mut long = org.command(&["token", "--min-ttl", "59m"]);
    let mut fresh = org.command(&["token", "--no-cache", "--json"]);
    drop(org.org);
    for command in [&mut soon, &mut long] {
        assert_eq!(stdout(&command.output().unwrap()), token);
    }
    let refused = error(&fresh.output().unwrap());
    assert_eq!((&refused["code"], &refused["exit"]), (&"net.connect".into(), &6.into()));
}

#[test]
fn expired_token_is_not_printed_while_the_endpoint_is_down() {
    let org = TestOrg::new();
    let mut command = org.command(&["token", "--json"]);
    command.env("ORGTOKEN_TOKEN_LIFETIME", "2s");
    stdout(&command.output().unwrap());
    drop(org.org);
    let began = Instant::now();
    let ended = loop {
        let output = command.output().unwrap();
        if !output.status.success() {
            break output;
        }
        assert!(began.elapsed() < PATIENCE, "it lives on and on");
    };
    assert_eq!(error(&ended)["code"], "net.connect", "and no token beside it");
}

#[test]
fn clock_skew_is_reported_and_corrected_within_five_minutes() {
    type Clock = fn(Duration) -> SystemTime;
    let behind: Clock = |by| SystemTime::now() + by;
    let ahead: Clock = |by| SystemTime::now() - by;
    for (name, clock, by, words, attempts) in [
        ("4 minutes behind", behind, 240, "behind", 2),
        ("4 minutes ahead", ahead, 240, "ahead of", 2),
        ("10 minutes behind", behind, 600, "behind", 1),
        ("10 minutes ahead", ahead, 600, "ahead of", 1),
    ] {
        let org = |org: FakeOrgBuilder| org.clock(move || clock(Duration::from_secs(by)));
        let refused = User::new(USER).scenario(Scenario::named("expired").unwrap());
        let org = TestOrg::with(refused, org);
        let error = error(&org.run(&["token", "--json"]));
        assert_eq!(error["code"], "refused.assertion_expired", "{name}");
        let hint = error["hint"].as_str().unwrap();
        let size = hint.strip_prefix("the local clock is ").unwrap();
        let (seconds, rest) = size.split_once(" s ").unwrap();
        assert!(seconds.parse::<u64>().unwrap().abs_diff(by) < 50, "{name}: {hint}");
        assert!(rest.starts_with(words), "{name}: {hint}");
        assert_eq!(assertions(&org).len(), attempts, "{name}");

        org.set_scenario(USER, None);
        let retried = org.run(&["token", "--retry"]);
        assert!(retried.status.success() || attempts == 1, "{name}");
    }
}

#[test]
fn refusing_proxy_is_named_without_its_password() {
    for (row, answer, code, attempts) in [
        ("407", "HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n", "proxy.auth", 1),
        ("502", "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", "proxy.status", 3),
        ("dies", "", "proxy.closed", 3),
        ("extra bytes", "HTTP/1.1 200 OK\r\n\r\nextra", "proxy.protocol", 1),
    ] {
        let org = TestOrg::new();
        let proxy = Raw::answering(answer.to_owned());
        let address = proxy.host();
        let url = format!("http://robot:canary-of-the-proxy@{address}");
        let host = ["-r", "https://acme.my.salesforce.com"];
        let mut command = org.command(&["token", "--json", "-vv"]);
        let output = command.args(host).env("HTTPS_PROXY", url).output().unwrap();
        let said = stderr(&output);
        let document = said.lines().find(|line| line.starts_with('{')).unwrap();
        let error = &serde_json::from_str::<Value>(document).unwrap()["error"];
        assert_eq!((&error["code"], &error["exit"]), (&code.into(), &6.into()), "{row}: {error}");
        assert!(error["message"].as_str().unwrap().contains(&address), "{row}: {error}");
        for secret in ["canary", "cm9ib3Q6", "eyJ"] {
            assert!(!said.contains(secret), "{row}: {said}");
        }
        let asked = proxy.requests();
        assert_eq!(asked.len(), attempts, "{row}");
        assert!(asked.iter().all(|it| it.starts_with("CONNECT acme.my.salesforce.com:443 ")));
    }
}

/// Returns the bodies of all requests, without duplicates.
fn assertions(org: &TestOrg) -> HashSet<Vec<u8>> {
    org.requests().iter().map(|request| request.body().to_vec()).collect()
}

/// Returns the same command with default signal handlers. A shell starts background jobs, which may
/// be these tests, with SIGINT ignored, and children inherit that.
fn heeding_signals(program: &Command) -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal").arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(program.get_current_dir().unwrap()).stdout(Stdio::null());
    command
}

/// A limit for changes that take a moment, except on a very busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
