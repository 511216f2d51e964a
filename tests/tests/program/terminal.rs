//! Output on a terminal: lines of its width, colours, and indented JSON.

use std::process::Command;

use conformance::program::{on_terminal, on_terminal_named, stderr, stdout};
use conformance::test_org::TestOrg;

/// Returns the text without colours.
fn plain(shown: &str) -> String {
    let mut parts = shown.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Returns a command with the flags that it has.
fn command(org: &TestOrg, args: &[&str]) -> Command {
    if args.contains(&"explain") {
        return org.bare(args);
    }
    if args.contains(&"resolve") {
        let mut command = org.bare(args);
        command.args(["--settings", "salesforce.json"]).args(&org.way()[..2]);
        return command;
    }
    org.command(args)
}

/// An org that refuses logins.
fn refusing() -> TestOrg {
    let org = TestOrg::new();
    org.play("not-approved");
    org
}

#[test]
fn every_text_fits_into_the_terminal() {
    let (org, refusing) = (TestOrg::new(), refusing());
    let long = format!("Description={}", "a long note ".repeat(20));
    let created = org.run(&["record", "create", "Account", "Name=Acme AB", &long, "Phone=1"]);
    stdout(&created);
    let soql = "SELECT Id, Name, Phone, Description, NumberOfEmployees FROM Account LIMIT 5";
    for width in [80, 120] {
        for (org, args) in [
            (&org, ["doctor"].as_slice()),
            (&org, &["resolve"]),
            (&org, &["settings", "check"]),
            (&org, &["explain", "refused.user_not_approved"]),
            (&org, &["explain", "DUPLICATE_VALUE"]),
            (&org, &["query", soql]),
            (&org, &["query", "SELECT Nope FROM Account"]),
            (&org, &["record", "--help"]),
            (&org, &["token", "--help"]),
            (&org, &["token", "-f", "absent.key"]),
            (&refusing, &["doctor"]),
            (&refusing, &["token"]),
        ] {
            let shown = plain(&on_terminal(command(org, args), width));
            assert!(!shown.is_empty(), "{args:?}");
            for line in shown.lines() {
                // Words such as URLs are not broken, nor are commands to copy.
                let is_whole = ["check: ", "more: "].iter().any(|label| line.starts_with(label));
                let is_word = line.trim().split(' ').any(|word| word.len() > 40);
                let is_wide = line.chars().count() > usize::from(width);
                assert!(!is_wide || is_whole || is_word, "{args:?} at {width}: {line:?}");
            }
        }
    }
}

#[test]
fn pipe_gets_unwrapped_lines_and_whole_cells() {
    let org = TestOrg::new();
    let note = "a long note ".repeat(20);
    let long = format!("Description={note}");
    stdout(&org.run(&["record", "create", "Account", "Name=Acme AB", &long]));
    let soql = "SELECT Name, Description FROM Account WHERE Name = 'Acme AB'";
    let table = org.run(&["query", soql, "--format", "table"]);
    assert!(stdout(&table).contains(note.trim_end()), "{}", stdout(&table));
    let failed = org.run(&["query", "SELECT Nope FROM Account"]);
    let hints = stderr(&failed).lines().filter(|line| line.starts_with("hint: ")).count();
    assert_eq!((hints, stderr(&failed).lines().any(|line| line.starts_with(' '))), (1, false));
}

#[test]
fn json_is_indented_on_a_terminal_and_compact_in_a_pipe() {
    let org = TestOrg::new();
    let created = org.run(&["record", "create", "Account", "Name=Acme AB"]);
    let id = stdout(&created).trim().to_owned();
    let path = format!("sobjects/Account/{id}?fields=Name");
    let soql = format!("SELECT Name, Phone FROM Account WHERE Id = '{id}'");
    for (args, compact, indented) in [
        (
            vec!["query", &soql, "--format", "json"],
            "[{\"Name\":\"Acme AB\",\"Phone\":null}]\n",
            "[\n  {\n    \"Name\": \"Acme AB\",\n    \"Phone\": null\n  }\n]\n",
        ),
        (
            vec!["query", &soql, "--format", "ndjson"],
            "{\"Name\":\"Acme AB\",\"Phone\":null}\n",
            "{\"Name\":\"Acme AB\",\"Phone\":null}\n",
        ),
        (vec!["api", &path], "\"Name\":\"Acme AB\"", "\n  \"Name\": \"Acme AB\""),
        (
            vec!["record", "get", "Account", &id],
            "\"Name\":\"Acme AB\"",
            "\n  \"Name\": \"Acme AB\"",
        ),
        (vec!["whoami", "--json"], "{\"username\":\"", "{\n  \"username\": \""),
        (vec!["token", "--json"], "{\"access_token\":\"", "{\n  \"access_token\": \""),
        (vec!["resolve", "--json"], "{\"endpoint\":\"", "{\n  \"endpoint\": \""),
    ] {
        let piped = command(&org, &args).output().unwrap();
        assert!(stdout(&piped).contains(compact), "{args:?}: {}", stdout(&piped));
        let shown = plain(&on_terminal(command(&org, &args), 80));
        assert!(shown.contains(indented), "{args:?}: {shown}");
    }
    let shown = plain(&on_terminal(refusing().command(&["token", "--json"]), 80));
    assert!(shown.starts_with("{\n  \"error\": {\n    \"code\": "), "{shown}");
}

#[test]
fn colours_follow_the_variables_and_the_flag() {
    let (org, refusing) = (TestOrg::new(), refusing());
    let has_color = |shown: &[u8]| shown.contains(&0x1b);
    for (org, args) in [
        (&refusing, ["token"].as_slice()),
        (&refusing, &["doctor"]),
        (&org, &["whoami", "--json"]),
        (&org, &["explain", "DUPLICATE_VALUE"]),
        (&org, &["token", "--help"]),
        (&org, &["tokn"]),
    ] {
        let with = |name: &str, value: &str| {
            let mut command = command(org, args);
            command.env(name, value);
            command
        };
        let flagged = |flag: &str| command(org, &[&[flag], args].concat());
        let output = |mut command: Command| {
            let output = command.output().unwrap();
            [output.stdout, output.stderr].concat()
        };
        assert!(has_color(on_terminal(command(org, args), 80).as_bytes()), "{args:?}");
        for command in [with("NO_COLOR", "1"), flagged("--color=never")] {
            assert!(!has_color(on_terminal(command, 80).as_bytes()), "{args:?}");
        }
        let shown = on_terminal_named("dumb", command(org, args), 80);
        assert!(!has_color(shown.as_bytes()), "{args:?}");
        assert!(!has_color(&output(command(org, args))), "{args:?}");
        for command in [with("CLICOLOR_FORCE", "1"), flagged("--color=always")] {
            // JSON is data, which a pipe gets as it is.
            assert_eq!(has_color(&output(command)), !args.contains(&"--json"), "{args:?}");
        }
    }
}
