//! The programs that Cargo built, run as a person runs them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// `name` beside this very program.
pub fn built(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().context("a program is in a folder")?;
    let path = folder.join(name);
    ensure!(path.exists(), "{name} is not built: run this through `cargo xtask`");
    Ok(path)
}

/// `orgtoken` with `home` for everything it may read or keep, and nothing else of the environment.
pub fn orgtoken(home: &Path) -> Result<Command> {
    let mut command = Command::new(built("orgtoken")?);
    command.env_clear().env("HOME", home).current_dir(home);
    for (name, folder) in
        [("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_RUNTIME_DIR", "run")]
    {
        command.env(name, home.join(folder));
    }
    Ok(command)
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 for a signal.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs `command` to its end with `input` on standard input.
    pub fn of(command: &mut Command, input: impl AsRef<[u8]>) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start the program")?;
        if let Some(mut stdin) = child.stdin.take() {
            // Who does not read its input closes it: that is no fault.
            let _ = stdin.write_all(input.as_ref());
        }
        let Output { status, stdout, stderr } = child.wait_with_output()?;
        Ok(Self {
            exit: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).context("standard output is no text")?,
            stderr: String::from_utf8(stderr).context("standard error is no text")?,
        })
    }

    /// Standard output of a program that ended well.
    pub fn good(self) -> Result<String> {
        ensure!(self.exit == 0, "exit {}: {}", self.exit, self.stderr.trim());
        Ok(self.stdout)
    }

    /// The error that `--json` put on standard error.
    pub fn error(&self) -> Result<Value> {
        let document: Value = serde_json::from_str(&self.stderr)
            .with_context(|| format!("no JSON on standard error: {}", self.stderr.trim()))?;
        Ok(document["error"].clone())
    }
}

/// The same command with 64 MiB for all that it writes to, as in a small container.
pub fn in_64_mib(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -d 65536 && exec \"$@\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        value.map(|value| shell.env(name, value));
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

/// Adds arguments and returns the command, for one-line calls.
pub fn with<S: AsRef<OsStr>>(mut command: Command, arguments: &[S]) -> Command {
    command.args(arguments);
    command
}
