//! `exec`, `revoke`, `whoami`, and a token in a file.

use std::fs;
use std::os::unix::fs::MetadataExt;

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg, USER};
use serde_json::Value;

const SHOW: &str =
    "echo \"$SF_ACCESS_TOKEN $SF_INSTANCE_URL $SF_ORG_INSTANCE_URL $SF_ORG_API_VERSION\"";

#[test]
fn command_finds_token_and_org_in_its_environment() {
    let org = TestOrg::new();
    let url = org.url();
    let mut command = org.command(&["exec"]);
    let output = command.args(["--", "sh", "-c", SHOW]).output().unwrap();
    let words: Vec<_> = stdout(&output).split_whitespace().collect();
    assert!(words[0].starts_with("00D"));
    assert_eq!(words[1..], [url, url, "60.0"]);

    let mut command = org.command(&["exec", "--token-env", "A", "--instance-url-env", "B"]);
    let output = command.args(["--", "sh", "-c", "echo $A $B $SF_ACCESS_TOKEN."]).output().unwrap();
    assert!(stdout(&output).ends_with(&format!(" {url} .\n")));
}

#[test]
fn exec_command_gets_no_secret_variable() {
    let org = TestOrg::new();
    let mut command = org.bare(&["exec", "--username", USER, "--client-id", "3MVG9_test"]);
    command.args(["--instance-url", org.url()]).args(org.way());
    for name in ["ORGTOKEN_PRIVATE_KEY", "SFDX_HUB_KEY", "ORGTOKEN_OLD_PRIVATE_KEY", "ANY_NAME"] {
        command.env(name, KEY.secret());
    }
    org.config("[profile.other]\nprivate_key_env = \"OTHER_KEY\"\n");
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
    let org = TestOrg::new();
    for limits in ["ulimit -c 0", "ulimit -S -c 64", "true"] {
        let ours = format!("{limits}; ulimit -Sc; ulimit -Hc");
        let ours = org.shell(&ours).output().unwrap();
        let mut exec = org.command(&["exec"]);
        exec.args(["--", "sh", "-c", "ulimit -Sc; ulimit -Hc"]);
        let words = std::iter::once(exec.get_program()).chain(exec.get_args());
        let mut shell = org.shell(&format!("{limits}; exec \"$@\""));
        let output = shell.arg("sh").args(words).output().unwrap();
        assert_eq!(stdout(&output), stdout(&ours), "{limits}");
    }
}

#[test]
fn commands_exit_code_is_its_own() {
    let org = TestOrg::new();
    for (command, exit) in
        [(&["sh", "-c", "exit 42"][..], 42), (&["no-such-command"], 127), (&["/etc/passwd"], 126)]
    {
        let output = org.command(&["exec"]).arg("--").args(command).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{command:?}: {}", stderr(&output));
    }
    let killed = org.command(&["exec"]).args(["--", "sh", "-c", "kill -9 $$"]).output().unwrap();
    assert_eq!(killed.status.code(), None);
    assert_eq!(org.logins(), 1);
}

#[test]
fn whoami_shows_user_and_org() {
    let org = TestOrg::new();
    let output = org.run(&["whoami"]);
    assert!(stdout(&output).contains(USER) && stdout(&output).contains(org.url()));
    let document: Value = serde_json::from_str(stdout(&org.run(&["whoami", "--json"]))).unwrap();
    assert_eq!(document["username"], USER);
    assert!(document["org_id"].as_str().unwrap().starts_with("00D"));

    org.play("not-approved");
    org.expire_all();
    assert_eq!(error(&org.run(&["whoami", "--json"]))["code"], "refused.user_not_approved");
}

#[test]
fn revoked_token_is_removed_from_org_and_cache() {
    let org = TestOrg::new();
    let none = org.run(&["revoke"]);
    assert_eq!((stdout(&none), stderr(&none)), ("", "no cached token to revoke\n"));

    let token = stdout(&org.run(&["token"])).to_owned();
    assert_eq!(stdout(&org.run(&["revoke", "--json"])), "{\"revoked\":true}\n");
    assert_ne!(stdout(&org.run(&["token"])), token);
    assert_eq!(org.logins(), 2);

    org.expire_all();
    assert_eq!(stdout(&org.run(&["revoke", "--json"])), "{\"revoked\":false}\n");
}

#[test]
fn token_file_is_private() {
    let org = TestOrg::new();
    let file = org.path("token.curl");
    fs::write(&file, "old").unwrap();
    let output = org.run(&["token", "--format", "curl", "--out", "token.curl"]);
    assert_eq!((stdout(&output), stderr(&output)), ("", ""));
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().starts_with("header = \"Authorization: Bearer 00D"));

    let output = org.run(&["token", "--out", "no/such/folder/token", "--json"]);
    assert_eq!(error(&output)["code"], "io.write");
}

#[test]
fn token_is_written_to_devices_and_pipes_without_replacing_them() {
    use std::os::unix::fs::FileTypeExt;
    let org = TestOrg::new();
    let token = stdout(&org.run(&["token"])).to_owned();
    for (path, seen) in [("/dev/null", ""), ("/dev/stdout", &*token), ("/dev/fd/1", &token)] {
        let output = org.run(&["token", "--out", path]);
        assert_eq!((stdout(&output), stderr(&output)), (seen, ""), "{path}");
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(fs::symlink_metadata("/dev/stdout").unwrap().is_symlink());

    let file = fs::File::create(org.path("redirected")).unwrap();
    stdout(&org.command(&["token", "--out", "/dev/stdout"]).stdout(file).output().unwrap());
    assert_eq!(fs::read_to_string(org.path("redirected")).unwrap(), token);
}
