//! Where things are said.

use std::fs::File;
use std::io::{Read, pipe};
use std::process::Stdio;

use crate::support::{Bench, error, stderr, terminal};

#[test]
fn b35_nobody_reads_the_token() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/oauth2/token");
    let mut command = bench.command(&["token"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    drop(child.stdout.take());
    hold.release();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = "error: cannot write to standard output: Broken pipe (os error 32)\n";
    assert_eq!(stderr(&output), said);
}

#[test]
fn whoever_has_read_enough_of_a_text_is_told_nothing() {
    let bench = Bench::new();
    for args in [
        ["completions", "bash"].as_slice(),
        &["explain", "inactive user"],
        &["man"],
        &["resolve", "--instance-url", "https://acme.my.salesforce.com"],
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = bench.bare(args).stdout(writer).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        assert_eq!(stderr(&output), "", "{args:?}");
    }
}

#[test]
fn b35_the_disk_is_full() {
    let bench = Bench::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = bench.command(&["token"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!(stderr(&output), said);

    let full = File::options().write(true).open("/dev/full").unwrap();
    let error = error(&bench.command(&["token", "--json"]).stdout(full).output().unwrap());
    assert_eq!((&error["code"], &error["exit"]), (&"io.stdout".into(), &1.into()));
}

#[test]
fn d15_a_token_on_a_terminal_is_warned_about_once() {
    let bench = Bench::new();
    let (mut terminal, screen) = terminal();
    let mut command = bench.command(&["token"]);
    let output =
        command.stdout(screen.try_clone().unwrap()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success());
    let said = "warning: the token is on this screen now, and in its history\n";
    assert_eq!(stderr(&output), said);

    let mut shown = [0; 3];
    terminal.read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"00D");
}

#[test]
fn no_colour_is_used_anywhere() {
    let bench = Bench::new();
    for args in [["token", "--help"].as_slice(), &["tokn"]] {
        let output = bench.bare(args).env("NO_COLOR", "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.contains(&0x1b), "{args:?}");
    }
}
