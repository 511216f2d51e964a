//! The memory of the program: secrets in it, and its size.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use conformance::memory::Search;
use conformance::program::{error, in_64_mib, stderr, stdout};
use conformance::test_org::TestOrg;
use conformance::tools::leave_out;

use crate::serve::Service;

#[test]
fn text_of_the_key_is_not_in_memory_during_a_login() {
    if !can_read_memory() {
        return;
    }
    let org = TestOrg::new();
    let mut search = Search::new();
    search.add_key(org.private_key()).unwrap();
    let hold = org.hold("/services/oauth2/token");
    let mut command = org.command(&["token", "--no-cache"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    let found = search.of(child.id());
    hold.release();
    stdout(&child.wait_with_output().unwrap());
    let found = found.unwrap();
    assert!(found.contains_key("p") && found.contains_key("q"), "{found:?}");
    assert!(!found.contains_key("PEM"), "{found:?}");
}

#[test]
fn service_wipes_a_token_that_it_has_replaced() {
    if !can_read_memory() {
        return;
    }
    let org = TestOrg::new();
    let mut command = org.command(&["serve"]);
    command.env("ORGTOKEN_TOKEN_LIFETIME", "2s");
    let service = Service::at_default_socket(&org, &mut command);
    let old = token_of(&service);
    let mut search = Search::new();
    search.add("old token", old.as_bytes()).unwrap();
    assert!(!search.of(service.id()).unwrap().is_empty(), "the search finds nothing");

    wait_until("there is a new token", || token_of(&service) != old);
    wait_until("the old token is gone", || search.of(service.id()).unwrap().is_empty());
}

#[test]
fn limit_of_64_mib_ends_a_program_that_needs_more() {
    let mut tail = Command::new("tail");
    let output = in_64_mib(tail.arg("/dev/zero")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("memory"), "{}", stderr(&output));
}

#[test]
fn login_needs_less_than_64_mib() {
    let org = TestOrg::new();
    stdout(&in_64_mib(&org.command(&["token"])).output().unwrap());
}

#[test]
fn long_settings_are_refused_within_64_mib() {
    let org = TestOrg::plain();
    let record = org.record().to_string();
    org.private_file("long.json", &(record + &" ".repeat(10 << 20)));
    let check = org.bare(&["settings", "check", "-s", "long.json", "--json"]);
    let output = in_64_mib(&check).output().unwrap();
    assert_eq!(error(&output)["code"], "settings.too_large");
}

#[test]
fn service_serves_64_clients_within_64_mib() {
    let org = TestOrg::new();
    // A client that returns at once may find its last connection still open.
    let serve = org.command(&["serve", "--max-connections-per-user", "128"]);
    let service = Service::at_default_socket(&org, &mut in_64_mib(&serve));
    let one = token_of(&service);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| (0..3).for_each(|_| assert_eq!(token_of(&service), one)));
        }
    });
}

fn token_of(service: &Service) -> String {
    let (status, body) = service.token();
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Whether this user may read the memory of the program. Only root may.
fn can_read_memory() -> bool {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        leave_out("needs root");
    }
    is_root
}

fn wait_until(state: &str, is_reached: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_reached() {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {state}");
        thread::sleep(Duration::from_millis(50));
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
