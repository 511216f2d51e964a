//! A user at a shell, with an org.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use conformance::program;
use conformance::test_org::{CLIENT_ID, KEY, RECORD, TestOrg, USER};
use orgtoken_fake_org::User;
use rustix::process::{Pid, Signal, kill_process_group};

use super::MY_DOMAIN;

/// A shell in the home folder of its user, and the user's org.
pub(super) struct Session {
    org: TestOrg,
    shell: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    jobs: usize,
    /// Addresses in pages, and free ones.
    ports: [(&'static str, String); 2],
    /// Certificates that were uploaded, and when they were written.
    uploaded: BTreeMap<PathBuf, SystemTime>,
}

/// The output of a command on both streams, and its exit code.
pub(super) struct Output {
    pub(super) text: String,
    pub(super) code: u8,
}

impl Session {
    /// Starts the shell. The user has a login, unless the page makes one.
    pub(super) fn start(page: &str) -> Self {
        let org = TestOrg::with(User::new(USER), |org| {
            org.user(User::new("integration@acme.com")).user(User::new("robot@acme.com"))
        });
        let home = org.folder.path().to_owned();
        if !FROM_NOTHING.contains(&page) {
            org.config(&format!(
                "[profile.acme]\nusername = \"integration@acme.com\"\nclient_id = \"{CLIENT_ID}\"\n\
                 private_key_file = \"{}\"\ninstance_url = \"{MY_DOMAIN}\"\n",
                org.path("app.key").display()
            ));
        }
        org.private_file("acme.key", org.private_key());
        fs::write(org.path("acme.crt"), KEY.certificate_pem()).unwrap();
        fs::write(org.path("accounts.csv"), ACCOUNTS).unwrap();
        let mut record = org.record();
        record["value"]["InstanceUrl"] = MY_DOMAIN.into();
        org.private_file(RECORD, &record.to_string());
        stand_ins(&org);
        let runtime = org.path("run");
        fs::create_dir(&runtime).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        let mut shell = Command::new("sh");
        shell.current_dir(&home).env_clear().env("HOME", &home).env("PATH", path_variable(&org));
        shell.env("XDG_RUNTIME_DIR", runtime).process_group(0);
        shell.env("HTTPS_PROXY", org.proxy_url()).env("ORGTOKEN_CA_FILE", org.path("ca.pem"));
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = shell.stdin.take().unwrap();
        let output = BufReader::new(shell.stdout.take().unwrap());
        let (sender, lines) = channel();
        // Ends with the shell.
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut session =
            Self { org, shell, input, lines, jobs: 0, ports: ports(), uploaded: BTreeMap::new() };
        session.certificates();
        session.run("exec 2>&1", 0);
        for (_, script) in PREPARED.iter().filter(|(name, _)| *name == page) {
            let prepared = session.run(script, 0);
            assert_eq!(prepared.code, 0, "{}", prepared.text);
        }
        session
    }

    /// Runs a command in the shell.
    ///
    /// If it runs in the background, its output is the first `lines` lines that it writes.
    pub(super) fn run(&mut self, command: &str, lines: usize) -> Output {
        let mut command = command.to_owned();
        for (shown, real) in PLACEHOLDERS {
            command = command.replace(shown, real);
        }
        for (shown, real) in &self.ports {
            command = command.replace(shown, real);
        }
        if let Some(background) = command.strip_suffix(" &").filter(|it| !it.contains(" > ")) {
            self.jobs += 1;
            let file = format!(".job{}", self.jobs);
            command = format!(
                ": > {file}; {background} > {file} 2>&1 & until [ $(wc -l < {file}) -ge {lines} ] || ! kill -0 $!; do :; done; cat {file}"
            );
        }
        // In the current shell, so that variables and jobs stay. It reads no input of ours.
        let script = format!("{{ {command}\n}} </dev/null; printf '\\n{END} %d\\n' $?; set +e\n");
        if let Err(error) = self.input.write_all(script.as_bytes()) {
            return Output { text: error.to_string(), code: 125 };
        }
        let mut text = String::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) => match line.strip_prefix(END) {
                    Some(code) => {
                        self.certificates();
                        let code = code.trim().parse().unwrap();
                        return Output { text: text.trim_end().to_owned(), code };
                    }
                    None => text += &format!("{}\n", self.shown(line)),
                },
                // For example a service that the page does not start in the background.
                Err(error) => return Output { text: format!("{text}{error}"), code: 124 },
            }
        }
    }

    /// Returns a line with the ports that the page shows.
    fn shown(&self, line: String) -> String {
        self.ports.iter().fold(line, |line, (shown, real)| line.replace(real, shown))
    }

    /// Uploads the certificates that were written since the last command.
    fn certificates(&mut self) {
        let home = self.org.folder.path();
        for folder in [home.to_owned(), home.join(".config/orgtoken")] {
            for file in fs::read_dir(folder).into_iter().flatten() {
                let path = file.unwrap().path();
                let Ok(written) = path.metadata().and_then(|metadata| metadata.modified()) else {
                    continue;
                };
                let is_certificate = path.extension().is_some_and(|end| end == "crt");
                if is_certificate && self.uploaded.insert(path.clone(), written) != Some(written) {
                    // A file that is not a certificate is not uploaded.
                    let _ = self.org.upload_certificate(&fs::read(&path).unwrap());
                }
            }
        }
    }
}

/// Ends with its jobs and its agent.
impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.run("kill $SSH_AGENT_PID", 0);
        let _ = kill_process_group(Pid::from_child(&self.shell), Signal::KILL);
        let _ = self.shell.wait();
    }
}

/// Returns free ports for those in pages. All are open at first, so that they differ.
fn ports() -> [(&'static str, String); 2] {
    let listeners = ["127.0.0.1:7523", "127.0.0.1:7524"]
        .map(|shown| (shown, TcpListener::bind("127.0.0.1:0").unwrap()));
    listeners.map(|(shown, listener)| (shown, listener.local_addr().unwrap().to_string()))
}

/// Returns a `PATH` with the programs of this project under their own names.
fn path_variable(org: &TestOrg) -> String {
    let path = org.path_variable();
    let _ = symlink(fake_org(), org.path("bin/orgtoken-fake-org"));
    path
}

/// Returns the path of the fake org. `cargo test` builds it, but not for `--test docs` alone.
fn fake_org() -> PathBuf {
    let folder = Path::new(program::path()).parent().unwrap();
    let path = folder.join("orgtoken-fake-org");
    if !path.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--workspace", "--all-features", "--bin"]);
        assert!(cargo.arg("orgtoken-fake-org").status().unwrap().success());
    }
    path
}

/// Programs that a page uses and this machine need not have. They sign with a key in the folder, in
/// the way that the documentation of each vendor describes.
fn stand_ins(org: &TestOrg) {
    let bin = org.path("bin");
    fs::create_dir_all(&bin).unwrap();
    for (name, script) in STAND_INS {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\nset -eu\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const STAND_INS: [(&str, &str); 3] = [
    (
        "aws",
        "case $2 in
        get-public-key) openssl pkey -in ~/app.key -pubout -outform DER | base64 -w0 ;;
        sign) openssl dgst -sha256 -sign ~/app.key -binary | base64 -w0 ;;
        esac\n",
    ),
    (
        "gcloud",
        "case $* in
        *get-public-key*) openssl pkey -in ~/app.key -pubout -out app.pub ;;
        *asymmetric-sign*) openssl dgst -sha256 -sign ~/app.key -binary ;;
        esac\n",
    ),
    (
        "vault",
        "case $* in
        *signature=*|*-field=signature*) base64 -d | openssl dgst -sha256 -sign ~/app.key -binary | base64 -w0 | sed 's/^/vault:v1:/' ;;
        read*) openssl pkey -in ~/app.key -pubout | jq -Rs '{data: {keys: {\"1\": {public_key: .}}}}' ;;
        esac\n",
    ),
];

/// Pages whose user has no login yet.
const FROM_NOTHING: [&str; 3] = ["how-to/onify.md", "how-to/setup.md", "tutorial.md"];

/// Values that pages shorten, and things that a test cannot have: a folder of root, and a Hub,
/// which has tests of its own.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("3MVG9…", CLIENT_ID),
    ("SHA256:…", "$(ssh-add -l | cut -d ' ' -f 2)"),
    ("/run/agent/", "$HOME/"),
    ("hub:https://hub.acme.com", RECORD),
];

/// Commands that prepare the home folder of the user of a page.
const PREPARED: [(&str, &str); 4] = [
    ("how-to/keys.md", KEYS),
    ("how-to/testing.md", "unset HTTPS_PROXY ORGTOKEN_CA_FILE"),
    ("reference/queries.md", LISTS),
    ("reference/record-files.md", RECORDS),
];

const LISTS: &str = "set -e
    orgtoken query 'SELECT Id FROM Account' --format ndjson | jq -r .Id > ids.txt
    echo 12 > numbers.txt";

const RECORDS: &str = "set -e
    orgtoken record create Account Name=Fortytwo ExternalId__c=42
    printf 'ExternalId__c,Phone\\n42,4242\\n' > changes.csv";

/// An SSH agent, and a PKCS#11 token in software.
const KEYS: &str = "set -e
    cp app.key key.pem && eval \"$(ssh-agent -s)\"
    mkdir tokens && echo \"directories.tokendir = $HOME/tokens\" > softhsm2.conf
    export SOFTHSM2_CONF=\"$HOME/softhsm2.conf\" PIN=1234
    softhsm2-util --init-token --free --label acme --so-pin 1234 --pin 1234
    export MODULE=\"$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)\"";

const ACCOUNTS: &str = "Name,Phone,ExternalId__c\nNordic Foods,+46 8 123,n1\nSouthern Steel,,s1\n";

const END: &str = "-- end of a command:";
