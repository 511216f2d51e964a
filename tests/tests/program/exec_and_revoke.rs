//! The token handed on: to a command, to a file; who it is for; and its end.

use std::fs;
use std::os::unix::fs::MetadataExt;

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg, USER};
use serde_json::Value;

const SHOW: &str =
    "echo \"$SF_ACCESS_TOKEN $SF_INSTANCE_URL $SF_ORG_INSTANCE_URL $SF_ORG_API_VERSION\"";

#[test]
fn a_command_finds_token_and_org_in_its_environment() {
    let bench = TestOrg::new();
    let url = bench.org.url();
    let mut command = bench.command(&["exec"]);
    let output = command.args(["--", "sh", "-c", SHOW]).output().unwrap();
    let words: Vec<_> = stdout(&output).split_whitespace().collect();
    assert!(words[0].starts_with("00D"));
    assert_eq!(words[1..], [url, url, "60.0"]);

    let mut command = bench.command(&["exec", "--token-env", "A", "--instance-url-env", "B"]);
    let output = command.args(["--", "sh", "-c", "echo $A $B $SF_ACCESS_TOKEN."]).output().unwrap();
    assert!(stdout(&output).ends_with(&format!(" {url} .\n")));
}

#[test]
fn exec_command_gets_no_secret_variable() {
    let bench = TestOrg::new();
    let mut command = bench.bare(&["exec", "--username", USER, "--client-id", "3MVG9_test"]);
    command.args(["--instance-url", bench.org.url()]).args(bench.way());
    for name in ["ORGTOKEN_PRIVATE_KEY", "SFDX_HUB_KEY", "ORGTOKEN_OLD_PRIVATE_KEY", "ANY_NAME"] {
        command.env(name, KEY.secret());
    }
    bench.config("[profile.other]\nprivate_key_env = \"OTHER_KEY\"\n");
    command.env("OTHER_KEY", "canary: not even a key").env("SF_ACCESS_TOKEN", "canary");
    command.env("ORGTOKEN_PASSPHRASE", "canary").env("SSH_AUTH_SOCK", "/kept");
    let output = command.args(["--", "env"]).output().unwrap();
    let environment = stdout(&output);
    assert!(environment.contains("SF_ACCESS_TOKEN=00D") && environment.contains("/kept"));
    for secret in ["PRIVATE KEY", "canary", "SFDX_HUB_KEY"] {
        assert!(!environment.contains(secret), "{secret}");
    }
}

#[test]
fn exec_gives_the_command_the_core_limit_that_orgtoken_was_started_with() {
    let bench = TestOrg::new();
    for limits in ["ulimit -c 0", "ulimit -S -c 64", "true"] {
        let ours = format!("{limits}; ulimit -Sc; ulimit -Hc");
        let ours = bench.shell(&ours).output().unwrap();
        let mut exec = bench.command(&["exec"]);
        exec.args(["--", "sh", "-c", "ulimit -Sc; ulimit -Hc"]);
        let words = std::iter::once(exec.get_program()).chain(exec.get_args());
        let mut shell = bench.shell(&format!("{limits}; exec \"$@\""));
        let output = shell.arg("sh").args(words).output().unwrap();
        assert_eq!(stdout(&output), stdout(&ours), "{limits}");
    }
}

#[test]
fn no_token_stands_among_the_arguments() {
    let bench = TestOrg::new();
    let mut command = bench.command(&["exec"]);
    let script = "tr '\\0' ' ' < /proc/$$/cmdline; echo; echo $SF_ACCESS_TOKEN";
    let output = command.args(["--", "sh", "-c", script]).output().unwrap();
    let (line, token) = stdout(&output).trim_end().split_once('\n').unwrap();
    assert!(line.starts_with("sh -c") && !line.contains(token), "{line}");
}

#[test]
fn the_commands_exit_code_is_its_own() {
    let bench = TestOrg::new();
    for (command, exit) in
        [(&["sh", "-c", "exit 42"][..], 42), (&["no-such-command"], 127), (&["/etc/passwd"], 126)]
    {
        let output = bench.command(&["exec"]).arg("--").args(command).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{command:?}: {}", stderr(&output));
    }
    let killed = bench.command(&["exec"]).args(["--", "sh", "-c", "kill -9 $$"]).output().unwrap();
    assert_eq!(killed.status.code(), None);
    assert_eq!(bench.org.logins(), 1);
}

#[test]
fn who_is_logged_in() {
    let bench = TestOrg::new();
    let told = bench.run(&["whoami"]);
    assert!(stdout(&told).contains(USER) && stdout(&told).contains(bench.org.url()));
    let document: Value = serde_json::from_str(stdout(&bench.run(&["whoami", "--json"]))).unwrap();
    assert_eq!(document["username"], USER);
    assert!(document["org_id"].as_str().unwrap().starts_with("00D"));

    bench.play("not-approved");
    bench.org.expire_all();
    assert_eq!(error(&bench.run(&["whoami", "--json"]))["code"], "refused.user_not_approved");
}

#[test]
fn a_revoked_token_is_gone_here_and_there() {
    let bench = TestOrg::new();
    let none = bench.run(&["revoke"]);
    assert_eq!((stdout(&none), stderr(&none)), ("", "no cached token to revoke\n"));

    let token = stdout(&bench.run(&["token"])).to_owned();
    assert_eq!(stdout(&bench.run(&["revoke", "--json"])), "{\"revoked\":true}\n");
    assert_ne!(stdout(&bench.run(&["token"])), token);
    assert_eq!(bench.org.logins(), 2);

    bench.org.expire_all();
    assert_eq!(stdout(&bench.run(&["revoke", "--json"])), "{\"revoked\":false}\n");
}

#[test]
fn a_token_in_a_file_is_its_owners_alone() {
    let bench = TestOrg::new();
    let file = bench.folder.path().join("token.curl");
    fs::write(&file, "old").unwrap();
    let output = bench.run(&["token", "--output", "curl", "--out", "token.curl"]);
    assert_eq!((stdout(&output), stderr(&output)), ("", ""));
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().starts_with("header = \"Authorization: Bearer 00D"));

    let output = bench.run(&["token", "--out", "no/such/folder/token", "--json"]);
    assert_eq!(error(&output)["code"], "io.write");
}

#[test]
fn token_is_written_to_devices_and_pipes_which_stay_what_they_are() {
    use std::os::unix::fs::FileTypeExt;
    let bench = TestOrg::new();
    let token = stdout(&bench.run(&["token"])).to_owned();
    for (path, seen) in [("/dev/null", ""), ("/dev/stdout", &*token), ("/dev/fd/1", &token)] {
        let output = bench.run(&["token", "--out", path]);
        assert_eq!((stdout(&output), stderr(&output)), (seen, ""), "{path}");
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(fs::symlink_metadata("/dev/stdout").unwrap().is_symlink());

    let file = fs::File::create(bench.folder.path().join("redirected")).unwrap();
    stdout(&bench.command(&["token", "--out", "/dev/stdout"]).stdout(file).output().unwrap());
    assert_eq!(fs::read_to_string(bench.folder.path().join("redirected")).unwrap(), token);
}
