//! One login for all runs of the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use orgtoken_fake_org::Scenario;
use serde_json::Value;

use crate::support::{Bench, USER, stderr, stdout};

#[test]
fn the_second_run_takes_no_login() {
    let bench = Bench::new();
    let first = bench.run(&["token"]);
    let second = bench.run(&["token", "-v"]);
    assert_eq!(stdout(&first), stdout(&second));
    assert_eq!(bench.org.logins(), 1);
    assert!(stderr(&second).contains("token from the cache, good for"), "{}", stderr(&second));
}

#[test]
fn no_cache_leaves_no_trace() {
    let bench = Bench::new();
    for _ in 0..2 {
        stdout(&bench.run(&["token", "--no-cache"]));
    }
    assert_eq!(bench.org.logins(), 2);
    assert!(!bench.folder.path().join(".cache").exists());
}

#[test]
fn b20_sixty_four_cold_processes_log_in_once() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/oauth2/token");
    let running: Vec<_> = (0..64).map(|_| start(&bench)).collect();
    hold.wait(1);
    hold.release();
    let mut tokens: Vec<_> = running.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), bench.org.logins()), (1, 1));
}

#[test]
fn b20_a_killed_lock_holder_costs_one_more_login() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/oauth2/token");
    let mut holder = start(&bench);
    hold.wait(1);
    let waiting: Vec<_> = (0..63).map(|_| start(&bench)).collect();
    holder.kill().unwrap();
    holder.wait().unwrap();
    hold.wait(2);
    hold.release();
    let mut tokens: Vec<_> = waiting.into_iter().map(token_of).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(bench.org.logins() <= 2);
}

#[test]
fn b28_b29_a_cache_that_is_of_no_use_is_told_in_a_line() {
    for (name, mode, bytes, warning) in [
        ("B28 torn", 0o600, "orgtoken", "damaged or of another version"),
        ("B29 open to others", 0o644, "", "other users may read or write it"),
    ] {
        let bench = Bench::new();
        stdout(&bench.run(&["token"]));
        let folder = bench.folder.path().join(".cache/orgtoken");
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let state = files.find(|path| path.extension().is_some_and(|it| it == "state")).unwrap();
        fs::write(&state, bytes).unwrap();
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
        let output = bench.run(&["token"]);
        assert!(stdout(&output).starts_with("00D"), "{name}");
        let said = stderr(&output);
        assert!(said.starts_with("warning: ") && said.contains(warning), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
    }
}

#[test]
fn a_remembered_refusal_says_so_and_retry_asks_anew() {
    let bench = Bench::new();
    bench.org.set_scenario(USER, Scenario::named("not-approved"));
    let first = bench.run(&["token"]);
    let second = bench.run(&["token"]);
    assert_eq!((first.status.code(), second.status.code()), (Some(4), Some(4)));
    assert!(stderr(&second).contains("remembered from"), "{}", stderr(&second));
    assert!(stderr(&second).contains("ask anew with `--retry`"), "{}", stderr(&second));
    assert_eq!(bench.org.login_history().len(), 1);

    bench.org.set_scenario(USER, None);
    stdout(&bench.run(&["token", "--retry"]));
    stdout(&bench.run(&["token"]));
    assert_eq!(bench.org.login_history().len(), 2);
}

#[test]
fn b13_another_key_or_user_is_another_login() {
    let bench = Bench::new();
    bench.org.set_scenario(USER, Scenario::named("not-approved"));
    bench.run(&["token"]);
    let output = bench.run(&["token", "--username", "somebody@acme.com"]);
    assert!(!stderr(&output).contains("remembered"), "{}", stderr(&output));
    assert_eq!(bench.org.login_history().len(), 2);
}

#[test]
fn cache_list_tells_who_and_how_long_and_no_token() {
    let bench = Bench::new();
    let token = bench.run(&["token"]);
    let settings = ["--settings", "salesforce.json", "--allow-host", bench.org.address()];
    let list = bench.bare(&["cache", "list", "--json"]).args(settings).output().unwrap();
    let document: Value = serde_json::from_str(stdout(&list)).unwrap();
    assert_eq!(document["count"], 1);
    let entry = &document["entries"][0];
    assert_eq!(entry["username"], USER);
    assert_eq!(entry["endpoint"], format!("{}/services/oauth2/token", bench.org.url()));
    assert!(entry["time_left_seconds"].as_u64().unwrap() > 500, "{entry}");
    assert!(!stdout(&list).contains(stdout(&token).trim()));
}

#[test]
fn cache_clear_needs_no_settings_and_minds_those_it_is_given() {
    let bench = Bench::new();
    stdout(&bench.run(&["token"]));
    let bad = bench.bare(&["cache", "clear", "--settings", "absent.json"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(3));
    assert!(stderr(&bad).starts_with("forgot 1 login\n"), "{}", stderr(&bad));
    let none = bench.bare(&["cache", "clear"]).output().unwrap();
    assert_eq!((stdout(&none), stderr(&none)), ("", "forgot 0 logins\n"));
}

#[test]
fn d24_cache_clear_forgets_everything() {
    let bench = Bench::new();
    stdout(&bench.run(&["token"]));
    let cleared = bench.bare(&["cache", "clear"]).output().unwrap();
    assert_eq!(stdout(&cleared), "");
    assert_eq!(stderr(&cleared), "forgot 1 login\n");
    stdout(&bench.run(&["token"]));
    assert_eq!(bench.org.logins(), 2);
}

fn start(bench: &Bench) -> Child {
    let mut command = bench.command(&["token"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn token_of(child: Child) -> String {
    stdout(&child.wait_with_output().unwrap()).to_owned()
}
