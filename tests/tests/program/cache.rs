//! One login for all runs of the program.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use conformance::program::{self, error, stderr, stdout};
use conformance::test_org::{CLIENT_ID, TestOrg, USER};
use conformance::tools;
use orgtoken_fake_org::AppKey;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

#[test]
fn second_run_takes_no_login() {
    let org = TestOrg::new();
    let first = org.run(&["token"]);
    let second = org.run(&["token", "-v"]);
    assert_eq!(stdout(&first), stdout(&second));
    assert_eq!(org.logins(), 1);
    assert!(stderr(&second).contains("token from the cache, expires in"), "{}", stderr(&second));
}

#[test]
fn no_cache_leaves_no_trace() {
    let org = TestOrg::new();
    for _ in 0..2 {
        stdout(&org.run(&["token", "--no-cache"]));
    }
    assert_eq!(org.logins(), 2);
    assert!(!org.path(".cache").exists());
}

#[test]
fn hundred_cold_processes_log_in_once() {
    if !tools::is_wanted(tools::MANY_PROCESSES) {
        return;
    }
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let running: Vec<_> = (0..100).map(|_| start(&org)).collect();
    hold.wait(1);
    hold.release();
    let mut tokens: Vec<_> = running.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), org.logins()), (1, 1));
}

#[test]
fn killed_lock_holder_costs_one_more_login() {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let mut holder = start(&org);
    hold.wait(1);
    let waiting: Vec<_> = (0..63).map(|_| start(&org)).collect();
    holder.kill().unwrap();
    holder.wait().unwrap();
    hold.wait(2);
    hold.release();
    let mut tokens: Vec<_> = waiting.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(org.logins() <= 2);
}

#[test]
fn unusable_cache_entry_gives_one_warning() {
    for (name, mode, bytes, warning) in [
        ("torn", 0o600, "orgtoken", "damaged or of another version"),
        ("open to others", 0o644, "", "other users can read or write it"),
    ] {
        let org = TestOrg::new();
        stdout(&org.run(&["token"]));
        let folder = org.path(".cache/orgtoken");
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let state = files.find(|path| path.extension().is_some_and(|it| it == "state")).unwrap();
        fs::write(&state, bytes).unwrap();
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
        let output = org.run(&["token"]);
        assert!(stdout(&output).starts_with("00D"), "{name}");
        let said = stderr(&output);
        assert!(said.starts_with("warning: ") && said.contains(warning), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
    }
}

#[test]
fn token_that_cannot_be_cached_is_printed_with_one_warning() {
    for (name, home, warning) in [
        ("a folder that others may write to", Some("open"), "other users can read or write it"),
        ("no HOME", None, "no token cache, each run logs in; set HOME"),
        ("nothing can be made there", Some("/dev/null"), "the token cache is not used"),
        ("as read-only as can be", Some("/proc"), "the token cache is not used"),
    ] {
        let org = TestOrg::new();
        let open = org.path("open/.cache/orgtoken");
        fs::create_dir_all(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = org.command(&["token"]);
        match home {
            Some(home) => command.env("HOME", org.path(home)),
            None => command.env_remove("HOME"),
        };
        let output = command.output().unwrap();
        assert!(stdout(&output).starts_with("00D"), "{name}");
        let said = stderr(&output);
        assert!(said.starts_with("warning: ") && said.contains(warning), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
    }
}

#[test]
fn full_disk_costs_no_token() {
    let org = TestOrg::new();
    let program = program::path();
    let way = org.way().join(" ");
    // No file may grow: a write fails, as on a disk that is full or a quota that is used up.
    let shell = format!("ulimit -f 0; exec {program} token --settings salesforce.json {way}");
    let output = org.shell(&shell).output().unwrap();
    assert!(stdout(&output).starts_with("00D"));
    let said = stderr(&output);
    assert!(said.starts_with("warning: cannot write the token cache: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let left = fs::read_dir(org.path(".cache/orgtoken")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.starts_with(".new-")), "nothing lies about");
    stdout(&org.run(&["token"]));
    assert!(stderr(&org.run(&["token", "-v"])).contains("token from the cache"));
    assert_eq!(org.logins(), 2);
}

#[test]
fn pipe_instead_of_the_lock_file_costs_one_login() {
    let org = TestOrg::new();
    stdout(&org.run(&["token"]));
    let cache = org.path(".cache/orgtoken");
    for entry in fs::read_dir(&cache).unwrap().map(Result::unwrap) {
        fs::remove_file(entry.path()).unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "lock") {
            mknodat(CWD, entry.path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        }
    }
    let running: Vec<_> = (0..8).map(|_| start(&org)).collect();
    let mut tokens: Vec<_> = running.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), org.logins()), (1, 2));
}

#[test]
fn stopped_lock_holder_costs_one_more_login() {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let at_most = |args: &[&str]| {
        let mut command = org.command(&[&["token", "--timeout", "3s"], args].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let stopped = at_most(&[]);
    hold.wait(1);
    kill_process(Pid::from_child(&stopped), Signal::STOP).unwrap();
    let waiting: Vec<_> = (0..16).map(|_| at_most(&[])).collect();
    hold.wait(2);
    hold.release();
    let mut tokens: Vec<_> = waiting.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    kill_process(Pid::from_child(&stopped), Signal::CONT).unwrap();
    stopped.wait_with_output().unwrap();
    assert_eq!(token_of(start(&org)), tokens[0], "what it saves too late replaces nothing");
    assert!(org.logins() <= 2, "{}", org.logins());
}

#[test]
fn processes_that_wait_for_a_login_that_fails_fail_with_it() {
    let org = TestOrg::new();
    org.play("wire-silence");
    let begun = Instant::now();
    let running: Vec<_> = (0..16)
        .map(|_| {
            let mut command = org.command(&["token", "--json", "--timeout", "3s"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for process in running {
        let output = process.wait_with_output().unwrap();
        assert_eq!(error(&output)["code"], "resp.timeout");
    }
    assert_eq!(org.login_history().len(), 1, "one login for all of them");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn cached_refusal_is_reported_and_retry_ignores_it() {
    let org = TestOrg::new();
    org.play("not-approved");
    let first = org.run(&["token"]);
    let second = org.run(&["token"]);
    assert_eq!((first.status.code(), second.status.code()), (Some(4), Some(4)));
    assert!(stderr(&second).contains("cached failure, "), "{}", stderr(&second));
    assert!(stderr(&second).contains("run again with `--retry`"), "{}", stderr(&second));
    assert_eq!(org.login_history().len(), 1);

    org.set_scenario(USER, None);
    stdout(&org.run(&["token", "--retry"]));
    stdout(&org.run(&["token"]));
    assert_eq!(org.login_history().len(), 2);
}

#[test]
fn login_rate_refusal_is_cached_with_its_cooldown() {
    for (name, minutes) in [("rate", 60), ("rate-code", 60), ("too-many-requests", 5)] {
        let org = TestOrg::new();
        org.play(name);
        let first = error(&org.run(&["token", "--json"]));
        let second = error(&org.run(&["token", "--json"]));
        assert_eq!((&first["exit"], &second["exit"]), (&7.into(), &7.into()), "{name}: {second}");
        assert_eq!(first["code"], second["code"], "{name}");
        assert_eq!(org.requests().len(), 1, "{name}: no retry, in this call or the next");
        let message = second["message"].as_str().unwrap();
        let (_, wait) = message.split_once("next attempt in ").expect(message);
        let wait: u64 = wait.split_once(" min").expect(message).0.parse().unwrap();
        assert!((minutes - 2..=minutes).contains(&wait), "{name}: {message}");
    }
}

#[test]
fn another_key_user_or_app_is_another_login() {
    for (name, other) in [
        ("user", ["--username", "other@acme.com"]),
        ("app", ["--client-id", "3MVG9_other"]),
        ("key", ["--jwt-key-file", "other.key"]),
    ] {
        let org = TestOrg::new();
        org.private_file("other.key", AppKey::generate().secret());
        org.play("not-approved");
        org.run(&["token"]);
        let output = org.run(&[&["token"], other.as_slice()].concat());
        assert_eq!(output.status.code(), Some(4), "{name}: {}", stderr(&output));
        assert!(!stderr(&output).contains("cached failure"), "{name}: {}", stderr(&output));
        assert_eq!(org.login_history().len(), 2, "{name}");
    }
}

#[test]
fn cache_list_shows_user_and_lifetime_and_no_token() {
    let org = TestOrg::new();
    let token = org.run(&["token"]);
    let settings = ["--settings", "salesforce.json", "--allow-host", org.address()];
    let list = org.bare(&["cache", "list", "--json"]).args(settings).output().unwrap();
    let document: Value = serde_json::from_str(stdout(&list)).unwrap();
    assert_eq!(document["count"], 1);
    let entry = &document["entries"][0];
    assert_eq!(entry["username"], USER);
    assert_eq!(entry["endpoint"], format!("{}/services/oauth2/token", org.url()));
    assert!(entry["time_left_seconds"].as_u64().unwrap() > 500, "{entry}");
    assert!(!stdout(&list).contains(stdout(&token).trim()));
}

#[test]
fn cache_list_shows_the_entries_of_all_profiles_without_network_or_default() {
    let org = TestOrg::new();
    let profile = |name: &str, user: &str| {
        format!(
            "[profile.{name}]\nusername = \"{user}\"\nclient_id = \"{CLIENT_ID}\"\n\
             instance_url = \"{}\"\nallow_hosts = [\"{}\"]\nprivate_key_file = \"../../app.key\"\n",
            org.url(),
            org.address(),
        )
    };
    let broken = "[profile.broken]\nusername = \"robot@acme.com\"\n".to_owned();
    org.config(&[profile("acme", USER), profile("other", "nobody@acme.com"), broken].concat());
    let list = |args: &[&str]| {
        let mut command = org.bare(&[&["cache", "list"], args].concat());
        command.env("HTTPS_PROXY", "http://127.0.0.1:1").output().unwrap()
    };
    let empty = list(&[]);
    assert_eq!(stdout(&empty), "");
    assert!(stderr(&empty).starts_with("no cached logins"), "{}", stderr(&empty));

    for (profile, exit) in [("acme", 0), ("other", 4)] {
        let mut token = org.bare(&["token", "-P", profile, "--ca-file", "ca.pem"]);
        assert_eq!(token.output().unwrap().status.code(), Some(exit), "{profile}");
    }
    let all = list(&[]);
    assert_eq!(stderr(&all), "");
    let rows: Vec<Vec<_>> =
        stdout(&all).lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["PROFILE", "USERNAME", "ORG", "EXPIRES"]);
    let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap();
    assert_eq!(row("acme")[1..], [USER, org.address(), "in", "9", "min"]);
    assert_eq!(row("other")[1..5], ["nobody@acme.com", org.address(), "no", "token"]);

    // Without the key, nothing of an entry is known.
    fs::remove_file(org.path("app.key")).unwrap();
    let sealed = list(&[]);
    assert_eq!(stdout(&sealed).matches("-        sealed    -    -").count(), 2);
    assert!(stderr(&sealed).starts_with("sealed entries: 2; "), "{}", stderr(&sealed));
    let json: Value = serde_json::from_str(stdout(&list(&["--json"]))).unwrap();
    assert_eq!((&json["count"], &json["sealed"]), (&2.into(), &2.into()));
}

/// A passphrase was set as the username.
#[test]
fn cache_list_withholds_a_username_that_may_be_a_secret() {
    let org = TestOrg::new();
    let other = org.run(&["token", "--username", "u@Tr0ub4dor&3-Zebra-Sings"]);
    assert_eq!(other.status.code(), Some(4), "{}", stderr(&other));
    let list = org.run(&["cache", "list"]);
    let line = stdout(&list).lines().nth(1).unwrap();
    assert!(line.starts_with("-        [withheld]  127.0.0.1:"), "{line}");
    assert!(!stdout(&list).contains("Zebra"), "{}", stdout(&list));
}

#[test]
fn cache_clear_needs_no_settings_and_obeys_given_ones() {
    let org = TestOrg::new();
    stdout(&org.run(&["token"]));
    let bad = org.bare(&["cache", "clear", "--settings", "absent.json"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(3));
    assert!(stderr(&bad).starts_with("removed 1 cached login\n"), "{}", stderr(&bad));
    stdout(&org.run(&["token"]));
    assert_eq!(org.logins(), 2);
    for said in ["removed 1 cached login\n", "removed 0 cached logins\n"] {
        let cleared = org.bare(&["cache", "clear"]).output().unwrap();
        assert_eq!((stdout(&cleared), stderr(&cleared)), ("", said));
    }
}

#[test]
fn unreachable_redis_is_neither_listed_nor_cleared() {
    let org = TestOrg::new();
    stdout(&org.run(&["token"]));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cache = |args: &[&str]| {
        let mut command = org.command(&[&["cache"], args].concat());
        command.env("ORGTOKEN_CACHE", format!("redis://:pa55@{closed}")).output().unwrap()
    };
    for what in [["list", "--redis"].as_slice(), &["clear"]] {
        let output = cache(&[what, &["--json"]].concat());
        let error = error(&output);
        assert_eq!(
            (&error["code"], &error["exit"]),
            (&"cache.redis".into(), &1.into()),
            "{what:?}"
        );
        assert!(!stderr(&output).contains("pa55"), "{what:?}: {}", stderr(&output));
    }
    // The entries on this machine are removed nevertheless.
    assert!(stderr(&cache(&["clear"])).starts_with("removed 0 cached logins\nerror: "));
    assert_eq!(stdout(&org.run(&["cache", "list"])), "");
    assert_eq!(stdout(&org.run(&["cache", "clear", "--json"])), "{\"forgotten\":0}\n");
}

fn start(org: &TestOrg) -> Child {
    let mut command = org.command(&["token"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn token_of(child: Child) -> String {
    stdout(&child.wait_with_output().unwrap()).to_owned()
}
