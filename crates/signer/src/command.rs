use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use orgtoken_assertion::{Diagnostic, PublicKey, SignError, Signature, Signer};
use orgtoken_oauth::redact;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{DEFAULT_TIMEOUT, signed};

/// A signer that runs a command. The command reads the message from standard input, and writes the
/// signature to standard output, as bytes or in base64.
///
/// It blocks, so call it on a thread that may block.
pub struct CommandSigner {
    words: Vec<String>,
    public_key: PublicKey,
    removed_variables: Vec<String>,
    timeout: Duration,
}

impl CommandSigner {
    /// Creates a signer that runs a program with arguments. `public_key` verifies its signatures.
    pub fn program(words: Vec<String>, public_key: PublicKey) -> Self {
        Self { words, public_key, removed_variables: Vec::new(), timeout: DEFAULT_TIMEOUT }
    }

    /// Creates a signer that runs a line of `sh`. `public_key` verifies its signatures.
    pub fn shell(line: &str, public_key: PublicKey) -> Self {
        Self::program(["sh", "-c", line].map(str::to_owned).into(), public_key)
    }

    /// Removes variables from the environment of the command.
    #[must_use]
    pub fn env_remove(mut self, variables: impl IntoIterator<Item = String>) -> Self {
        self.removed_variables.extend(variables);
        self
    }

    /// Sets the timeout. Default: 15 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, CommandError> {
        let start = Instant::now();
        let mut child = self.start()?;
        let mut output = Captured::of(child.stdout.take());
        let mut errors = Captured::of(child.stderr.take());
        if let Some(mut input) = child.stdin.take() {
            // The message fits into the buffer of the pipe. A command that does not read it fails
            // below.
            let _ = input.write_all(message);
        }
        let left = || self.timeout.saturating_sub(start.elapsed());
        let Some(status) = wait(&mut child, &mut output, &mut errors, left) else {
            // The command leads a process group, so that its child processes are killed as well.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
            return Err(CommandError::TimedOut(self.timeout));
        };
        let (output, errors) = (output.bytes, errors.bytes);
        if !status.success() {
            return Err(CommandError::Failed { status, said: last_line(&errors, &self.words) });
        }
        let expected = self.public_key.bits().div_ceil(8);
        signature(&output, expected)
            .ok_or(CommandError::NoSignature { expected, got: output.len() })
    }

    fn start(&self) -> Result<Child, CommandError> {
        let nothing = || CommandError::NotStarted(io::ErrorKind::NotFound.into());
        let (program, arguments) = self.words.split_first().ok_or_else(nothing)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        for variable in &self.removed_variables {
            command.env_remove(variable);
        }
        command.spawn().map_err(CommandError::NotStarted)
    }
}

impl Signer for CommandSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        signed(self.signature(message))
    }
}

// Not derived: such commands contain PINs.
impl fmt::Debug for CommandSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommandSigner").field(&self.public_key).finish()
    }
}

/// An error of a signer command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The command failed.
    #[error("the signer command ended with {status}{}", .said.as_ref().map(|said| format!(": {said}")).unwrap_or_default())]
    Failed {
        /// The exit status.
        status: ExitStatus,
        /// The last line of its standard error, without secrets.
        said: Option<String>,
    },
    /// The output is not a signature with the size of the key, as bytes or in base64.
    #[error("the signer command wrote {got} bytes, expected a signature of {expected}")]
    NoSignature {
        /// The size of the modulus in bytes.
        expected: usize,
        /// The size of the output, at most 8 KiB.
        got: usize,
    },
    /// The command could not be started.
    #[error("cannot start the signer command")]
    NotStarted(#[source] io::Error),
    /// The command did not finish in time.
    #[error("the signer command did not finish within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

impl Diagnostic for CommandError {
    fn code(&self) -> &str {
        "sign.command"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::Failed { .. } | Self::TimedOut(_) => {
                "run the command by hand; it reads the message from standard input, and must not prompt"
            }
            Self::NoSignature { .. } => {
                "let it write the RSA PKCS#1 v1.5 signature (SHA-256) and nothing else"
            }
            Self::NotStarted(_) => "check that the command is installed, or give its full path",
        }))
    }
}

/// An output stream of a command, and the last bytes read from it.
///
/// The thread that waits for the command reads it without blocking. So no thread or descriptor is
/// left afterwards, even if another process keeps the other end open.
struct Captured<R> {
    /// `None` after its end.
    stream: Option<R>,
    bytes: Vec<u8>,
}

impl<R: Read + AsFd> Captured<R> {
    fn of(stream: Option<R>) -> Self {
        let stream = stream.filter(|stream| ioctl_fionbio(stream, true).is_ok());
        Self { stream, bytes: Vec::new() }
    }

    /// Reads the available bytes, and returns whether the stream has ended.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        while let Some(stream) = &mut self.stream {
            match stream.read(&mut buffer) {
                Ok(read @ 1..) => {
                    self.bytes.extend(&buffer[..read]);
                    self.bytes.drain(..self.bytes.len().saturating_sub(LONGEST));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Ok(0) | Err(_) => self.stream = None,
            }
        }
        true
    }

    fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.stream.as_ref().map(|stream| PollFd::new(stream, PollFlags::IN))
    }
}

/// Waits until the command has closed its output and exited. `None` after the timeout.
fn wait(
    child: &mut Child,
    output: &mut Captured<impl Read + AsFd>,
    errors: &mut Captured<impl Read + AsFd>,
    left: impl Fn() -> Duration,
) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(100);
    loop {
        let is_closed = output.read();
        if is_closed && let Some(status) = child.try_wait().ok()? {
            errors.read();
            return Some(status);
        }
        errors.read();
        let mut limit = left();
        if limit.is_zero() {
            return None;
        }
        if is_closed {
            limit = limit.min(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        // There is no limit if the system does not support one this long.
        let limit = Timespec::try_from(limit).ok();
        let mut open: Vec<_> = output.poll_fd().into_iter().chain(errors.poll_fd()).collect();
        // A signal may interrupt it: then there is nothing to read yet.
        let _ = poll(&mut open, limit.as_ref());
    }
}

fn signature(output: &[u8], len: usize) -> Option<Vec<u8>> {
    if output.len() == len {
        return Some(output.to_vec());
    }
    let text: Vec<u8> = output
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
        .collect();
    let text = str::from_utf8(&text).ok()?;
    let decoded = Base64Unpadded::decode_vec(text).or_else(|_| Base64UrlUnpadded::decode_vec(text));
    decoded.ok().filter(|signature| signature.len() == len)
}

/// Removes arguments of the command, which may contain a passphrase or a PIN, because shells and
/// programs repeat them in errors. Names of programs, files and options stay.
fn without_arguments(line: &str, words: &[String]) -> String {
    let mut line = line.to_owned();
    let is_quote = |c: char| matches!(c, '\'' | '"');
    let is_end = |c: char| c.is_whitespace() || is_quote(c) || "=;|&<>()$`".contains(c);
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.extend(words.iter().flat_map(|word| word.split(is_quote)));
    arguments.extend(words.iter().flat_map(|word| word.split(is_end)));
    arguments.retain(|text| text.len() >= SHORTEST_SECRET && redact::path(text) != *text);
    arguments.sort_by_key(|text| Reverse(text.len()));
    for argument in arguments {
        line = line.replace(argument, redact::WITHHELD);
    }
    line
}

/// Returns the last line, without control characters, keys, tokens and arguments of the command.
fn last_line(errors: &[u8], words: &[String]) -> Option<String> {
    let errors = String::from_utf8_lossy(errors);
    let line = errors.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    if errors.contains("PRIVATE KEY-----") {
        return None;
    }
    let line = redact::text(&without_arguments(line, words));
    let line = line.chars().take(LONGEST_LINE);
    Some(line.map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect())
}

/// The maximum number of bytes kept of an output. A signature has at most 512.
const LONGEST: usize = 8 * 1024;
const LONGEST_LINE: usize = 200;

/// The length of the shortest PIN.
const SHORTEST_SECRET: usize = 4;
