//! The program `orgtoken`, run as a user runs it.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{tcgetwinsize, tcsetwinsize};
use serde_json::Value;

/// Returns the path of the program that Cargo built for this test, or of the one beside the running
/// program.
pub fn path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let path = env::var("CARGO_BIN_EXE_orgtoken-under-test").ok();
        path.unwrap_or_else(|| built("orgtoken").to_str().unwrap().to_owned())
    });
    &PATH
}

/// Returns the path of a program in the folder of the running program, or above it.
///
/// # Panics
/// If the program is not built.
pub fn built(name: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    let found = this.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    let found = found.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built: run this with `cargo xtask`"))
}

/// Returns `orgtoken` in its user's home folder, without the environment of this process.
pub fn orgtoken(home: &Path) -> Command {
    let mut command = Command::new(path());
    command.current_dir(home).env_clear().env("HOME", home).stdin(Stdio::null());
    command
}

/// Runs a command with `input` on its standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A program that refuses its arguments may end before it reads anything.
    if let Err(error) = child.stdin.take().unwrap().write_all(input.as_bytes()) {
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
    child.wait_with_output().unwrap()
}

/// Returns standard output of a command that succeeded.
#[track_caller]
pub fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", stderr(output));
    str::from_utf8(&output.stdout).unwrap()
}

/// Returns standard error.
#[track_caller]
pub fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Returns the error of a command that was run with `--json`.
#[track_caller]
pub fn error(output: &Output) -> Value {
    assert!(output.stdout.is_empty(), "data beside an error");
    let document: Value = serde_json::from_str(stderr(output)).unwrap();
    let error = document["error"].clone();
    assert_eq!(error["exit"], output.status.code().unwrap(), "{error}");
    error
}

/// Returns the two ends of a terminal: the user's and the program's.
pub fn terminal() -> (File, File) {
    let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&user).unwrap();
    unlockpt(&user).unwrap();
    let name = ptsname(&user, Vec::new()).unwrap().into_string().unwrap();
    let screen = File::options().read(true).write(true).open(name).unwrap();
    (File::from(user), screen)
}

/// Runs a command on a terminal, and gives each answer when its question is asked.
pub fn answered(mut command: Command, answers: &[(&str, &str)]) -> Output {
    let (mut user_end, screen) = terminal();
    command.stdin(screen.try_clone().unwrap()).stderr(screen);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(command);
    for (question, answer) in answers {
        read_until(&mut user_end, question);
        user_end.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }
    // Reading fails once the program has ended.
    let _ = user_end.read_to_end(&mut Vec::new());
    child.wait_with_output().unwrap()
}

/// Reads what the user sees until it has this text, which may be wrapped.
pub fn read_until(user_end: &mut File, text: &str) {
    let (mut seen, mut chunk) = (String::new(), [0; 512]);
    while !seen.replace("\r\n", " ").contains(text) {
        let read = user_end.read(&mut chunk).unwrap_or_else(|_| panic!("{text}: {seen}"));
        seen += &String::from_utf8_lossy(&chunk[..read]);
    }
}

/// Runs a command with both outputs on a terminal of this width, and returns what it shows.
pub fn on_terminal(command: Command, width: u16) -> String {
    on_terminal_named("xterm", command, width)
}

/// The same with this name of a terminal in `TERM`.
pub fn on_terminal_named(name: &str, mut command: Command, width: u16) -> String {
    let (mut user, screen) = terminal();
    let mut size = tcgetwinsize(&user).unwrap();
    (size.ws_row, size.ws_col) = (40, width);
    tcsetwinsize(&user, size).unwrap();
    command.env("TERM", name).env("LANG", "C.UTF-8");
    let mut child = command.stdout(screen.try_clone().unwrap()).stderr(screen).spawn().unwrap();
    // It holds the other end of the terminal.
    drop(command);
    let mut shown = Vec::new();
    // When the last writer has gone, reading from a terminal is an error.
    let _ = user.read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

/// Returns the same command with a limit of 64 MiB of memory, as in a small container.
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
