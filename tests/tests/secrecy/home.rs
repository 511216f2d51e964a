//! A user's machine, and what can be seen of a run of the program there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use conformance::program;
use conformance::test_org::{CLIENT_ID, KEY, TestOrg, USER};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::places::{Command as Typed, Kind, Place};
use crate::secrets::{Canary, Secret};

/// A home folder with a profile that logs in, beside an org.
pub(crate) struct Home {
    org: TestOrg,
    /// The files that are there before each run.
    files: BTreeMap<PathBuf, Vec<u8>>,
    token: Secret,
}

/// Options for verbosity.
#[derive(Clone, Copy)]
pub(crate) struct Modes(&'static [&'static str]);

impl Modes {
    pub(crate) const ALL: [Self; 4] =
        [Self(&[]), Self(&["--json"]), Self(&["-vv"]), Self(&["--json", "-vv"])];

    pub(crate) fn name(self) -> String {
        if self.0.is_empty() { "plain".to_owned() } else { self.0.join(" ") }
    }
}

/// The output and files of a run, part by part.
pub(crate) struct Observed {
    pub(crate) parts: Vec<(String, Vec<u8>)>,
}

impl Observed {
    pub(crate) const CHILD_ARGUMENTS: &str = "child's arguments";
    pub(crate) const CHILD_ENVIRONMENT: &str = "child's environment";
    pub(crate) const STDERR: &str = "stderr";
    pub(crate) const STDOUT: &str = "stdout";

    pub(crate) fn part(&self, name: &str) -> &[u8] {
        self.parts.iter().find(|(part, _)| part == name).map_or(&[], |(_, bytes)| bytes)
    }

    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes));
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Home {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let org = TestOrg::plain();
        let (address, url) = (org.address().to_owned(), org.url().to_owned());
        org.private_file("app.crt", KEY.certificate_pem());
        let mut home =
            Self { org, files: BTreeMap::new(), token: Secret::of("own", String::new(), b"") };
        fs::create_dir_all(home.path("config/orgtoken")).unwrap();
        fs::create_dir_all(home.path("run")).unwrap();
        let profile = format!(
            "[profile.base]\nusername = \"{USER}\"\nclient_id = \"{CLIENT_ID}\"\n\
             instance_url = \"{url}\"\nallow_hosts = [\"{address}\"]\n\
             private_key_file = \"../../app.key\"\n"
        );
        home.write("config/orgtoken/config.toml", profile.as_bytes());
        home.write("canary.key", secrets[0].plain().as_bytes());
        for operation in ["create", "delete", "update", "upsert"] {
            let name = format!("record {operation}");
            home.write(&format!("{operation}.csv"), rows(&name, "001000000000001AAA").as_bytes());
        }
        home.write("spy", SPY);
        fs::set_permissions(home.path("spy"), fs::Permissions::from_mode(0o700)).unwrap();
        home.files = home.found();
        let token = home.run(&["token"], &[], b"");
        let text = String::from_utf8_lossy(token.part(Observed::STDOUT)).trim().to_owned();
        let (_, secret) = text.split_once('!').expect("a token has an exclamation mark");
        home.token = Secret::of("the org's token", text.clone(), secret.as_bytes());
        home
    }

    /// The token of the org: a secret that the program has on its own.
    pub(crate) fn token(&self) -> &Secret {
        &self.token
    }

    /// Runs a command with a secret in a place.
    pub(crate) fn put(
        &self,
        place: &Place,
        typed: &Typed,
        canary: &Canary,
        mode: Modes,
    ) -> Observed {
        let mut arguments = typed.words.clone();
        let mut variables = Vec::new();
        let mut input = Vec::new();
        let text = canary.text.as_str();
        match &place.kind {
            Kind::Argument { value } => {
                let value = match value.as_str() {
                    "{canary}" => text.to_owned(),
                    "{file}" => {
                        self.write("canary.txt", text.as_bytes());
                        "canary.txt".to_owned()
                    }
                    "{cell}" => {
                        self.write("canary.txt", rows(&typed.name, text).as_bytes());
                        "canary.txt".to_owned()
                    }
                    _ => {
                        input = text.as_bytes().to_vec();
                        "-".to_owned()
                    }
                };
                place.insert(&mut arguments, &value);
            }
            Kind::Variable { name } => variables.push((name.clone(), text.replace('\0', ""))),
            Kind::VariableFile { name } => {
                self.write("canary.txt", text.as_bytes());
                variables.push((name.clone(), "canary.txt".to_owned()));
            }
            Kind::Profile { name } => {
                let quoted = serde_json::to_string(text).unwrap();
                let profile = self.files_text("config/orgtoken/config.toml");
                let kept: Vec<_> = profile
                    .lines()
                    .filter(|line| line.split(' ').next() != Some(name.as_str()))
                    .filter(|line| !(is_key(name) && line.starts_with("private_key")))
                    .collect();
                let text = format!("{}\n{name} = {quoted}\n", kept.join("\n"));
                self.write("config/orgtoken/config.toml", text.as_bytes());
            }
            Kind::Record { name } => {
                let record = serde_json::json!({ "value": { name: text } });
                self.write("canary.json", record.to_string().as_bytes());
                variables.push(("ORGTOKEN_SETTINGS".to_owned(), "canary.json".to_owned()));
            }
            Kind::Config => self.write("config/orgtoken/config.toml", text.as_bytes()),
        }
        let at = typed.modes_at.min(arguments.len());
        arguments.splice(at..at, mode.0.iter().map(|word| (*word).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run(&arguments, &variables, &input)
    }

    /// Runs the program, looks at all that it wrote, and leaves the files that were there at first.
    pub(crate) fn run(
        &self,
        arguments: &[&str],
        variables: &[(String, String)],
        input: &[u8],
    ) -> Observed {
        let mut command = orgtoken(self.org.folder.path());
        command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
        let mut parts = streams(command, input, arguments.contains(&"serve"));
        let found = self.found();
        for (path, content) in &self.files {
            if found.get(path) != Some(content) {
                put(path, content);
            }
        }
        for (path, content) in found {
            if self.files.get(&path) == Some(&content) {
                continue;
            }
            let name = path.strip_prefix(self.org.folder.path()).unwrap().to_string_lossy();
            let part = match name.as_ref() {
                "spy.args" => Observed::CHILD_ARGUMENTS.to_owned(),
                "spy.env" => Observed::CHILD_ENVIRONMENT.to_owned(),
                name => format!("file {name}"),
            };
            parts.push((part, content));
            if !self.files.contains_key(&path) {
                let _ = fs::remove_file(&path);
            }
        }
        Observed { parts }
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        put(&self.path(name), content);
    }

    pub(crate) fn folder(&self) -> &Path {
        self.org.folder.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.org.path(name)
    }

    fn files_text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.files[&self.path(name)]).into_owned()
    }

    /// Every file but those of the cache.
    fn found(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.org.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() && entry.file_name() != "cache" {
                    folders.push(path);
                } else if kind.is_file() {
                    found.insert(path.clone(), fs::read(&path).unwrap_or_default());
                }
            }
        }
        found
    }
}

/// A file of records for a command, with a value in one cell.
fn rows(command: &str, value: &str) -> String {
    let cell = format!("\"{}\"", value.replace('"', "\"\""));
    match command {
        "record create" => format!("Name\n{cell}\n"),
        "record delete" => format!("Id\n{cell}\n"),
        "record upsert" => format!("ExternalId__c,Name\n1,{cell}\n"),
        _ => format!("Id,Name\n001000000000001AAA,{cell}\n"),
    }
}

fn is_key(name: &str) -> bool {
    ["private_key_env", "signer_command", "ssh_agent"].contains(&name)
}

fn put(path: &Path, content: &[u8]) {
    let mut options = fs::File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).unwrap().write_all(content).unwrap();
}

/// The program with nothing of this process's environment.
pub(crate) fn orgtoken(home: &Path) -> Command {
    let mut command = program::orgtoken(home);
    command.env("PATH", "/usr/bin:/bin");
    command.env("EDITOR", "true");
    for (name, folder) in
        [("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_RUNTIME_DIR", "run")]
    {
        command.env(name, home.join(folder));
    }
    command
}

/// Returns the output of the program. A service is ended after its first output; all runs have a
/// timeout, even if SIGTERM is ignored.
fn streams(mut command: Command, input: &[u8], is_service: bool) -> Vec<(String, Vec<u8>)> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let Ok(mut child) = command.spawn() else { return Vec::new() };
    let group = Pid::from_child(&child);
    let limit = Duration::from_secs(if is_service { 1 } else { 8 });
    let (ended, end) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    });
    // A program that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut stderr = vec![0; 4096];
    let first = err.read(&mut stderr).unwrap_or_default();
    stderr.truncate(first);
    if is_service && first > 0 {
        let _ = kill_process_group(group, Signal::TERM);
    }
    err.read_to_end(&mut stderr).unwrap();
    let stdout = reader.join().unwrap();
    drop(ended);
    watchdog.join().unwrap();
    child.wait().unwrap();
    vec![(Observed::STDOUT.to_owned(), stdout), (Observed::STDERR.to_owned(), stderr)]
}

/// Writes down how it was called.
const SPY: &[u8] = b"#!/bin/sh\ncat /proc/$$/cmdline > spy.args\nenv > spy.env\n";
