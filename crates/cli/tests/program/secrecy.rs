//! What nobody else must see.

use std::fs;
use std::process::Stdio;

use crate::support::{Bench, PAIR, stdout};

#[test]
fn d07_no_argument_of_the_process_is_a_secret() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/oauth2/token");
    let child = bench.command(&["token"]).stdout(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    let cmdline = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    hold.release();
    let output = child.wait_with_output().unwrap();
    let cmdline = String::from_utf8(cmdline).unwrap();
    let body = PAIR.key.lines().nth(3).unwrap();
    assert!(!cmdline.contains(body) && !cmdline.contains(stdout(&output).trim_end()), "{cmdline}");
}

#[test]
fn d12_the_process_leaves_no_core_file() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/oauth2/token");
    let child = bench.command(&["token"]).stdout(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    hold.release();
    stdout(&child.wait_with_output().unwrap());
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"));
}

#[test]
fn d13_keys_are_made_for_their_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let bench = Bench::new();
    let made = bench.bare(&["key", "generate", "new"]).output().unwrap();
    stdout(&made);
    for name in ["new.key", "new.crt"] {
        let mode = bench.folder.path().join(name).metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a74_a_record_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let record = bench.folder.path().join("salesforce.json");
    fs::set_permissions(&record, fs::Permissions::from_mode(0o644)).unwrap();
    let output = bench.run(&["token"]);
    stdout(&output);
    let said = "warning: salesforce.json holds a private key and is open to other users; \
                run: chmod 600 salesforce.json\n";
    assert_eq!(crate::support::stderr(&output), said);
}

#[test]
fn a74_a_key_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let key = bench.folder.path().join("app.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let output = bench.run(&["token", "-f", "app.key"]);
    assert_eq!(output.status.code(), Some(5));
    let said = "error: private key `app.key` is open to other users (mode 0644)\n\
                hint: run: chmod 600 app.key\n";
    assert_eq!(crate::support::stderr(&output), said);
    assert!(bench.org.requests().is_empty());
}
