//! Keys that are in an agent, behind a command, or under a passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{KEY, TestOrg, USER};
use conformance::tools;

/// A bench with a profile in place of the record, and a folder that ends with the machine's run.
fn bench(key: &str) -> TestOrg {
    let bench = TestOrg::new();
    let runtime = bench.folder.path().join("run");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, PermissionsExt::from_mode(0o700)).unwrap();
    fs::create_dir_all(bench.folder.path().join(".config/orgtoken")).unwrap();
    bench.private_file("app.crt", KEY.certificate_pem());
    let profile = format!(
        "[profile.acme]\nusername = \"{USER}\"\nclient_id = \"3MVG9_test\"\ninstance_url = \"{}\"\n{key}\n",
        bench.org.url(),
    );
    bench.private_file(".config/orgtoken/config.toml", &profile);
    bench
}

fn token(bench: &TestOrg) -> Command {
    let mut command = bench.bare(&["token"]);
    command.args(bench.way()).env("XDG_RUNTIME_DIR", bench.folder.path().join("run"));
    command.env("PATH", "/usr/bin:/bin");
    command
}

fn states(bench: &TestOrg) -> usize {
    let names = fs::read_dir(bench.folder.path().join(".cache/orgtoken")).unwrap();
    names
        .filter(|name| name.as_ref().unwrap().path().extension().is_some_and(|e| e == "state"))
        .count()
}

struct Agent(Child, PathBuf);

impl Agent {
    fn with_the_key(bench: &TestOrg) -> Self {
        let socket = bench.folder.path().join("agent.sock");
        let mut command = Command::new("ssh-agent");
        let command = command.arg("-D").arg("-a").arg(&socket);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut agent = Self(child, socket);
        // Its file is there a moment before it listens.
        while UnixStream::connect(&agent.1).is_err() {
            assert!(agent.0.try_wait().unwrap().is_none(), "ssh-agent has ended");
            std::thread::yield_now();
        }
        let mut add = Command::new("ssh-add");
        add.args(["-q", "app.key"]).current_dir(bench.folder.path()).env("SSH_AUTH_SOCK", &agent.1);
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
fn setup_goes_by_the_key_that_an_agent_has() {
    if !tools::has("ssh-agent") {
        return;
    }
    let bench = TestOrg::new();
    let agent = Agent::with_the_key(&bench);
    let setup = |args: &[&str]| {
        let mut command = bench.bare(&["setup", "-P", "acme", "-r", bench.org.url(), "-o", USER]);
        command.args(["--app", "external"]).args(args).args(bench.way());
        command.env("SSH_AUTH_SOCK", &agent.1).output().unwrap()
    };
    let config = |name: &str| bench.folder.path().join(".config/orgtoken").join(name);

    let output = setup(&["--ssh-agent", "app.key"]);
    assert!(stdout(&output).contains("acme.crt"), "{}", stderr(&output));
    assert!(stderr(&output).contains("using the remote key"), "{}", stderr(&output));
    let profile = fs::read_to_string(config("config.toml")).unwrap();
    assert!(profile.contains("ssh_agent = \"app.key\""), "{profile}");
    assert!(!profile.contains("private_key_file"), "{profile}");
    assert!(config("acme.crt").exists() && !config("acme.key").exists());

    // The next run knows from the profile where the key is.
    let output = setup(&["-i", "3MVG9_test"]);
    assert!(stdout(&output).contains("ok   login"), "{}", stderr(&output));
    assert_eq!(bench.org.logins(), 1);
    let output = setup(&["--ssh-agent", "another", "--json"]);
    assert_eq!(error(&output)["code"], "settings.exists");
}

#[test]
fn a_key_in_an_agent_logs_in_once_and_then_the_agent_is_not_asked() {
    if !tools::has("ssh-agent") {
        return;
    }
    let bench = bench("ssh_agent = \"app.key\"");
    let agent = Agent::with_the_key(&bench);
    let first = token(&bench).env("SSH_AUTH_SOCK", &agent.1).output().unwrap();
    drop(agent);
    let second = token(&bench).output().unwrap();
    assert_eq!(stdout(&first), stdout(&second));
    assert_eq!(bench.org.logins(), 1);

    let no_agent = token(&bench).args(["--no-cache"]).output().unwrap();
    assert_eq!(no_agent.status.code(), Some(5));
    assert!(stderr(&no_agent).contains("SSH_AUTH_SOCK is not"), "{}", stderr(&no_agent));
}

#[test]
fn without_a_runtime_folder_the_token_of_a_key_elsewhere_stays_in_memory() {
    if !tools::has("openssl") {
        return;
    }
    let bench = bench(COMMAND);
    for _ in 0..2 {
        stdout(&token(&bench).env_remove("XDG_RUNTIME_DIR").output().unwrap());
    }
    assert_eq!((bench.org.logins(), states(&bench)), (2, 0));
}

#[test]
fn a_command_signs_twice_and_then_not_again() {
    if !tools::has("openssl") {
        return;
    }
    let bench = bench(COMMAND);
    for _ in 0..3 {
        stdout(&token(&bench).output().unwrap());
    }
    assert_eq!((bench.org.logins(), states(&bench)), (1, 1));
    // One signature seals, one logs in.
    assert_eq!(fs::read_to_string(bench.folder.path().join("signed")).unwrap(), "x\nx\n");
    let listed = token_less(&bench, &["cache", "list"]);
    assert!(listed.contains(USER), "{listed}");
}

fn token_less(bench: &TestOrg, args: &[&str]) -> String {
    let mut command = bench.bare(args);
    command.env("XDG_RUNTIME_DIR", bench.folder.path().join("run"));
    command.args(["--allow-host", bench.org.address()]);
    stdout(&command.output().unwrap()).to_owned()
}

#[test]
fn signer_command_gets_no_secret_variable() {
    let bench =
        bench("signer_command = \"env >env.txt; exit 1\"\npublic_key_file = \"../../app.crt\"");
    let output = token(&bench)
        .env("ORGTOKEN_PASSPHRASE", "canary-1")
        .env("SF_JWT_PRIVATE_KEY", "canary-2")
        .env("MY_KEY", "-----BEGIN PRIVATE KEY-----canary-3")
        .env("VAULT_TOKEN", "stays")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    let env = fs::read_to_string(bench.folder.path().join("env.txt")).unwrap();
    assert!(env.contains("VAULT_TOKEN=stays") && !env.contains("canary"), "{env}");
}

#[test]
fn a_locked_key_is_opened_once() {
    if !tools::has("openssl") {
        return;
    }
    let bench = bench("private_key_file = \"../../locked.key\"\npassphrase_file = \"../../word\"");
    bench.private_file("word", "open sesame\n");
    let lock = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-in", "app.key", "-out", "locked.key", "-scrypt"])
        .args(["-passout", "file:word"])
        .current_dir(bench.folder.path())
        .status();
    assert!(lock.unwrap().success());
    let path = bench.folder.path().join("locked.key");
    fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    for (name, value) in
        [("ORGTOKEN_PASSPHRASE", "open sesame"), ("ORGTOKEN_PASSPHRASE_FILE", "word")]
    {
        let mut inspect = bench.bare(&["key", "inspect", "locked.key"]);
        let shown = inspect.env(name, value).output().unwrap();
        assert!(stdout(&shown).contains("encrypted PKCS#8 PEM"), "{name}");
    }
    let first = stdout(&token(&bench).output().unwrap()).to_owned();

    // The passphrase is not even tried while a token is at hand.
    bench.private_file("word", "wrong\n");
    assert_eq!(stdout(&token(&bench).output().unwrap()), first);
    let anew = token(&bench).arg("--no-cache").output().unwrap();
    assert_eq!(anew.status.code(), Some(5));
    assert!(stderr(&anew).contains("the passphrase does not decrypt the private key"));
}

const COMMAND: &str = "signer_command = \"echo x >>signed; \
    exec openssl dgst -sha256 -sign app.key\"\npublic_key_file = \"../../app.crt\"";
