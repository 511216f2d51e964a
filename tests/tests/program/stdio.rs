//! Standard output, standard error and terminals.

use std::fs::File;
use std::io::{Read, pipe};
use std::process::{Command, Stdio};

use conformance::program::{error, stderr, stdout, terminal};
use conformance::test_org::{KEY, TestOrg};

/// Output that only informs may be cut off.
#[test]
fn closed_pipe_is_silent() {
    let org = TestOrg::new();
    stdout(&org.run(&["token"]));
    let host = org.address();
    let create = ["assertion", "create", "--settings", "salesforce.json", "--allow-host", host];
    let assertion = stdout(&org.bare(&create).output().unwrap()).to_owned();
    org.private_file("assertion", &assertion);
    org.private_file("app.crt", KEY.certificate_pem());
    stdout(&org.bare(&["key", "generate", "new"]).output().unwrap());
    let id = stdout(&org.run(&["record", "create", "Account", "Name=Acme"])).trim().to_owned();
    for (args, uses_org) in [
        (["api", "limits"].as_slice(), true),
        (&["assertion", "inspect", "assertion"], false),
        (&["assertion", "verify", "assertion", "--cert", "app.crt"], false),
        (&["blueprint"], false),
        (&["cache", "list"], true),
        (&["cert", "inspect", "new.crt"], false),
        (&["cert", "match", "new.key", "new.crt"], false),
        (&["completions", "bash"], false),
        (&["doctor"], true),
        (&["doctor", "--json"], true),
        (&["explain", "inactive user"], false),
        (&["key", "inspect", "new.key"], false),
        (&["man"], false),
        (&["query", "SELECT Id FROM Account"], true),
        (&["query", "SELECT Id FROM Account", "--format", "json"], true),
        (&["record", "get", "Account", &id], true),
        (&["resolve", "--instance-url", "https://acme.my.salesforce.com"], false),
        (&["settings", "check"], true),
        (&["settings", "schema"], false),
        (&["whoami"], true),
        (&["--help"], false),
        (&["token", "--help"], false),
        (&["--version"], false),
    ] {
        let mut command = if uses_org { org.command(args) } else { org.bare(args) };
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        assert_eq!(stderr(&output), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn doctor_with_a_closed_pipe_exits_with_the_code_of_its_report() {
    let org = TestOrg::new();
    org.play("not-approved");
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let output = org.command(&["doctor"]).stdout(writer).output().unwrap();
    assert_eq!((stderr(&output), output.status.code()), ("", Some(4)));
}

/// A key, a token or an id that is not printed is lost.
#[test]
fn closed_pipe_is_an_error_where_something_was_made() {
    let org = TestOrg::new();
    for args in [
        ["token"].as_slice(),
        &["api", "sobjects/Account", "-f", "Name=Acme"],
        &["record", "create", "Account", "Name=Acme"],
        &["settings", "convert", "--format", "env"],
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = org.command(args).stdout(writer).output().unwrap();
        let said = "error: cannot write to standard output: broken pipe";
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).starts_with(said), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn full_disk_is_an_error() {
    let org = TestOrg::new();
    for args in [["token"].as_slice(), &["token", "--help"], &["help", "token"], &["--version"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = if args == ["token"] { org.command(args) } else { org.bare(args) };
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = "error: cannot write to standard output: no space left on device\n";
        assert_eq!(stderr(&output), said, "{args:?}");
    }

    let full = File::options().write(true).open("/dev/full").unwrap();
    let error = error(&org.command(&["token", "--json"]).stdout(full).output().unwrap());
    assert_eq!((&error["code"], &error["exit"]), (&"io.stdout".into(), &1.into()));
}

#[test]
fn change_whose_result_cannot_be_printed_is_in_the_error() {
    let org = TestOrg::new();
    let run = |args: &[&str]| {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let uses_org = !["config", "key"].contains(&args[0]);
        let mut command = if uses_org { org.command(args) } else { org.bare(args) };
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = stderr(&output);
        said.split_once("error: cannot write to standard output: no space left on device; ")
            .unwrap_or_else(|| panic!("{args:?}: {said}"))
            .1
            .to_owned()
    };
    let created = run(&["record", "create", "Account", "Name=Acme"]);
    let id = created.strip_prefix("the record ").unwrap().strip_suffix(" was saved\n").unwrap();
    let found = org.run(&["query", "SELECT Id FROM Account", "--format", "csv"]);
    assert!(stdout(&found).contains(id), "{created}");
    let json = ["--jq", ".id"];
    let updated = run(&[&["record", "update", "Account", id, "Name=B"][..], &json].concat());
    assert_eq!(updated, "the record was updated\n");
    let deleted = run(&[&["record", "delete", "Account", id][..], &json].concat());
    assert_eq!(deleted, "the record was deleted\n");

    let profile = |name: &str| format!("[profile.{name}]\nusername = \"robot@acme.com\"\n");
    org.config(&["acme", "globex"].map(profile).concat());
    for (args, change) in [
        (["api", "sobjects/Account", "-f", "Name=A"].as_slice(), "the call was made"),
        (&["config", "use", "acme", "-q", "."], "config.toml was changed"),
        (&["config", "delete", "globex", "--yes", "-q", "."], "config.toml was changed"),
        (&["key", "generate", "new"], "the key and its certificate were written"),
        (
            &["settings", "convert", "--format", "profile", "--key-out", "acme.key"],
            "the private key, if it is local, was written to its file",
        ),
        (&["revoke", "-q", "."], "the cached token was revoked, if there was one"),
        (&["cache", "clear", "-q", "."], "the cached logins were removed"),
    ] {
        assert_eq!(run(args), format!("{change}\n"), "{args:?}");
    }
}

#[test]
fn token_on_a_terminal_gives_one_warning() {
    let org = TestOrg::new();
    let (mut terminal, screen) = terminal();
    let mut command = org.command(&["token"]);
    let output =
        command.stdout(screen.try_clone().unwrap()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success());
    let said = "warning: the token is visible in this terminal and its scrollback\n";
    assert_eq!(stderr(&output), said);

    let mut shown = [0; 3];
    terminal.read_exact(&mut shown).unwrap();
    assert_eq!(&shown, b"00D");
}

/// A record may have been written by another party.
#[test]
fn terminal_gets_no_control_characters_of_a_record_and_a_pipe_gets_them_all() {
    let org = TestOrg::new();
    let name = "a\u{1b}]0;title\u{7}\u{9b}2J\u{202e}b";
    let field = format!("Name={name}");
    let created = org.run(&["record", "create", "Account", &field]);
    let id = stdout(&created).trim().to_owned();
    let path = format!("sobjects/Account/{id}");
    let query = ["query", "SELECT Name FROM Account", "--format"];
    for args in [
        [&query[..], &["csv"]].concat(),
        [&query[..], &["json"]].concat(),
        [&query[..], &["ndjson"]].concat(),
        [&query[..], &["table"]].concat(),
        vec!["record", "get", "Account", &id],
        vec!["api", &path],
        vec!["api", &path, "--include"],
    ] {
        let piped = org.run(&args);
        let is_table = args.last() == Some(&"table");
        assert_eq!(stdout(&piped).contains("\u{9b}2J\u{202e}b"), !is_table, "{args:?}");

        let (mut terminal, screen) = terminal();
        let mut child = org.command(&args).stdout(screen).spawn().unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{args:?}");
        let mut shown = Vec::new();
        // When the last writer has gone, reading from a terminal is an error.
        let _ = terminal.read_to_end(&mut shown);
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains("]0;title"), "{args:?}: {shown:?}");
        let is_plain =
            |c: char| matches!(c, '\r' | '\n' | '\t') || !(c.is_control() || c == '\u{202e}');
        assert!(shown.chars().all(is_plain), "{args:?}: {shown:?}");
    }
}

#[test]
fn no_colour_is_used_anywhere() {
    let org = TestOrg::new();
    for args in [["token", "--help"].as_slice(), &["tokn"]] {
        let output = org.bare(args).env("NO_COLOR", "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.contains(&0x1b), "{args:?}");
    }
}

#[test]
fn documented_line_completes_commands_and_profiles_in_bash() {
    let org = TestOrg::new();
    let profile = |name: &str| format!("[profile.{name}]\nusername = \"robot@acme.com\"\n");
    org.config(&["acme", "globex", "Xk29dkQmv8Lp2aZq7RtY"].map(profile).concat());
    let help = org.bare(&["completions", "--help"]).output().unwrap();
    let line = stdout(&help).lines().find(|line| line.contains("completions bash")).unwrap().trim();
    for (words, index, expected) in [
        (r#"orgtoken toke"#, 1, "token\n"),
        (r#"orgtoken token -P """#, 3, "acme\nglobex\n"),
        (r#"orgtoken token --profile = gl"#, 4, "globex\n"),
        (r#"orgtoken -P acme whoa"#, 3, "whoami\n"),
        (r#"orgtoken --profile = acme whoa"#, 4, "whoami\n"),
        (r#"orgtoken config use a"#, 3, "acme\n"),
        (r#"orgtoken config delete g"#, 3, "globex\n"),
        (r#"orgtoken config set token_l"#, 3, "token_lifetime\n"),
        (r#"orgtoken explain key.certificat"#, 2, "key.certificate\n"),
        (r#"orgtoken help environ"#, 2, "environment\n"),
    ] {
        let complete = format!(
            "{line}\nCOMP_WORDS=({words}) COMP_CWORD={index}\n\
             _clap_complete_orgtoken orgtoken \"${{COMP_WORDS[COMP_CWORD]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        let mut bash = Command::new("bash");
        bash.args(["-c", &complete]).env_clear().env("PATH", org.path_variable());
        bash.env("HOME", org.folder.path());
        assert_eq!(stdout(&bash.output().unwrap()), expected, "{words}");
    }
}
