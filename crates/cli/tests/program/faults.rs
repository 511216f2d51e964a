//! A machine that is short of something, and runs that are ended from outside.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Bench, stderr, stdout};

#[test]
fn b31_too_few_files_are_told_and_are_no_bug() {
    let bench = Bench::new();
    let program = env!("CARGO_BIN_EXE_orgtoken");
    for files in 4..16 {
        let way = bench.way().join(" ");
        let shell = format!(
            "ulimit -n {files} && exec {program} token --no-cache --settings salesforce.json {way}"
        );
        let output = bench.shell(&shell).output().unwrap();
        let (code, said) = (output.status.code(), stderr(&output));
        assert!(matches!(code, Some(0 | 6)), "{files} files: {code:?} {said}");
        if code == Some(6) {
            assert!(said.contains("Too many open files"), "{files} files: {said}");
        }
    }
}

#[test]
fn b36_a_login_that_is_ended_from_outside_leaves_the_lock_free() {
    for signal in [Signal::TERM, Signal::INT] {
        let bench = Bench::new();
        let hold = bench.org.hold("/services/oauth2/token");
        let mut first = heeding_signals(&bench.command(&["token"])).spawn().unwrap();
        hold.wait(1);
        kill_process(Pid::from_child(&first), signal).unwrap();
        let status = first.wait().unwrap();
        let ended_by = status.signal().or_else(|| status.code());
        assert!(matches!(ended_by, Some(2 | 15 | 130 | 143)), "{signal:?}: {status}");
        drop(hold);
        let token = stdout(&bench.run(&["token"])).to_owned();
        assert_eq!(stdout(&bench.run(&["token"])), token, "{signal:?}");
    }
}

#[test]
fn b15_a_good_token_is_printed_when_the_endpoint_is_down() {
    let bench = Bench::new();
    let token = stdout(&bench.run(&["token"])).to_owned();
    let output = bench.run(&["token", "--proxy", "http://127.0.0.1:9"]);
    assert_eq!((stdout(&output), stderr(&output)), (token.as_str(), ""));
}

/// A shell lets what it runs in the background ignore SIGINT, these tests perhaps, and the program
/// after them.
fn heeding_signals(program: &Command) -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal").arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(program.get_current_dir().unwrap()).stdout(Stdio::null());
    command
}
