//! Keys in an agent or behind a command, and encrypted keys.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg, USER};
use conformance::tools;

/// Returns an org whose user has a profile instead of the record, and a runtime folder.
fn org(key: &str) -> TestOrg {
    let org = TestOrg::new();
    let runtime = org.path("run");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, PermissionsExt::from_mode(0o700)).unwrap();
    org.private_file("app.crt", KEY.certificate_pem());
    org.config(&format!(
        "[profile.acme]\nusername = \"{USER}\"\nclient_id = \"3MVG9_test\"\ninstance_url = \"{}\"\n{key}\n",
        org.url(),
    ));
    org
}

fn token(org: &TestOrg) -> Command {
    let mut command = org.bare(&["token"]);
    command.args(org.way()).env("XDG_RUNTIME_DIR", org.path("run"));
    command.env("PATH", "/usr/bin:/bin");
    command
}

fn states(org: &TestOrg) -> usize {
    let names = fs::read_dir(org.path(".cache/orgtoken")).unwrap();
    names
        .filter(|name| name.as_ref().unwrap().path().extension().is_some_and(|e| e == "state"))
        .count()
}

struct Agent(Child, PathBuf);

impl Agent {
    fn with_the_key(org: &TestOrg) -> Self {
        let socket = org.path("agent.sock");
        let mut command = Command::new("ssh-agent");
        let command = command.arg("-D").arg("-a").arg(&socket);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut agent = Self(child, socket);
        // The socket exists a moment before the agent listens.
        while UnixStream::connect(&agent.1).is_err() {
            assert!(agent.0.try_wait().unwrap().is_none(), "ssh-agent has ended");
            std::thread::yield_now();
        }
        let mut add = Command::new("ssh-add");
        add.args(["-q", "app.key"]).current_dir(org.folder.path()).env("SSH_AUTH_SOCK", &agent.1);
        assert!(add.status().unwrap().success());
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn setup_uses_the_key_in_an_agent() {
    if !tools::has("ssh-agent") {
        return;
    }
    let org = TestOrg::new();
    let agent = Agent::with_the_key(&org);
    let setup = |args: &[&str]| {
        let mut command = org.bare(&["setup", "-P", "acme", "-r", org.url(), "-o", USER]);
        command.args(["--app", "external"]).args(args).args(org.way());
        command.env("SSH_AUTH_SOCK", &agent.1).output().unwrap()
    };
    let config = |name: &str| org.path(".config/orgtoken").join(name);

    let output = setup(&["--ssh-agent", "app.key"]);
    assert!(stdout(&output).contains("acme.crt"), "{}", stderr(&output));
    assert!(stderr(&output).contains("using the remote key"), "{}", stderr(&output));
    let profile = fs::read_to_string(config("config.toml")).unwrap();
    assert!(profile.contains("ssh_agent = \"app.key\""), "{profile}");
    assert!(!profile.contains("private_key_file"), "{profile}");
    assert!(config("acme.crt").exists() && !config("acme.key").exists());

    // The next run takes the key from the profile.
    let output = setup(&["-i", "3MVG9_test"]);
    assert!(stdout(&output).contains("ok   login"), "{}", stderr(&output));
    assert_eq!(org.logins(), 1);
    let output = setup(&["--ssh-agent", "another", "--json"]);
    assert_eq!(error(&output)["code"], "settings.exists");
}

#[test]
fn key_in_an_agent_does_not_sign_while_a_token_is_cached() {
    if !tools::has("ssh-agent") {
        return;
    }
    let org = org("ssh_agent = \"app.key\"");
    let agent = Agent::with_the_key(&org);
    let first = token(&org).env("SSH_AUTH_SOCK", &agent.1).output().unwrap();
    drop(agent);
    let second = token(&org).output().unwrap();
    assert_eq!(stdout(&first), stdout(&second));
    assert_eq!(org.logins(), 1);

    let no_agent = token(&org).args(["--no-cache"]).output().unwrap();
    assert_eq!(no_agent.status.code(), Some(5));
    assert!(stderr(&no_agent).contains("SSH_AUTH_SOCK is not"), "{}", stderr(&no_agent));
}

#[test]
fn token_of_a_remote_key_is_not_cached_without_a_runtime_folder() {
    if !tools::has("openssl") {
        return;
    }
    let org = org(COMMAND);
    for _ in 0..2 {
        stdout(&token(&org).env_remove("XDG_RUNTIME_DIR").output().unwrap());
    }
    assert_eq!((org.logins(), states(&org)), (2, 0));
}

#[test]
fn signer_command_does_not_sign_while_a_token_is_cached() {
    if !tools::has("openssl") {
        return;
    }
    let org = org(COMMAND);
    for _ in 0..3 {
        stdout(&token(&org).output().unwrap());
    }
    assert_eq!((org.logins(), states(&org)), (1, 1));
    // One signature is for the cache, one for the login.
    assert_eq!(fs::read_to_string(org.path("signed")).unwrap(), "x\nx\n");
    let listed = token_less(&org, &["cache", "list"]);
    assert!(listed.contains(USER), "{listed}");
}

fn token_less(org: &TestOrg, args: &[&str]) -> String {
    let mut command = org.bare(args);
    command.env("XDG_RUNTIME_DIR", org.path("run"));
    command.args(["--allow-host", org.address()]);
    stdout(&command.output().unwrap()).to_owned()
}

#[test]
fn encrypted_key_is_decrypted_once() {
    if !tools::has("openssl") {
        return;
    }
    let org = org("private_key_file = \"../../locked.key\"\npassphrase_file = \"../../word\"");
    org.private_file("word", "open sesame\n");
    let lock = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-in", "app.key", "-out", "locked.key", "-scrypt"])
        .args(["-passout", "file:word"])
        .current_dir(org.folder.path())
        .status();
    assert!(lock.unwrap().success());
    let path = org.path("locked.key");
    fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    for (name, value) in
        [("ORGTOKEN_PASSPHRASE", "open sesame"), ("ORGTOKEN_PASSPHRASE_FILE", "word")]
    {
        let mut inspect = org.bare(&["key", "inspect", "locked.key"]);
        let shown = inspect.env(name, value).output().unwrap();
        assert!(stdout(&shown).contains("encrypted PKCS#8 PEM"), "{name}");
    }
    let first = stdout(&token(&org).output().unwrap()).to_owned();
    assert!(token_less(&org, &["cache", "list"]).contains(USER));
    let without_runtime = org.bare(&["cache", "list"]).output().unwrap();
    assert!(stdout(&without_runtime).contains(" sealed "), "{}", stdout(&without_runtime));

    // A cached token needs no passphrase.
    org.private_file("word", "wrong\n");
    assert_eq!(stdout(&token(&org).output().unwrap()), first);
    let refused = token(&org).arg("--no-cache").output().unwrap();
    assert_eq!(refused.status.code(), Some(5));
    assert!(stderr(&refused).contains("the passphrase does not decrypt the private key"));
}

const COMMAND: &str = "signer_command = \"echo x >>signed; \
    exec openssl dgst -sha256 -sign app.key\"\npublic_key_file = \"../../app.crt\"";
