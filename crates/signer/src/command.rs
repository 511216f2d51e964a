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

/// Signs by a command: the message goes to its standard input, the signature comes from its
/// standard output, as bytes or in base64.
///
/// It blocks: call it on a thread that may wait.
pub struct CommandSigner {
    words: Vec<String>,
    public_key: PublicKey,
    removed_variables: Vec<String>,
    timeout: Duration,
}

impl CommandSigner {
    /// A program and its arguments. What it signs is held against `public_key`.
    pub fn program(words: Vec<String>, public_key: PublicKey) -> Self {
        Self { words, public_key, removed_variables: Vec::new(), timeout: DEFAULT_TIMEOUT }
    }

    /// A line for `sh`. What it signs is held against `public_key`.
    pub fn shell(line: &str, public_key: PublicKey) -> Self {
        Self::program(["sh", "-c", line].map(str::to_owned).into(), public_key)
    }

    /// Environment variables that the command is not to have; none unless told.
    #[must_use]
    pub fn env_remove(mut self, variables: impl IntoIterator<Item = String>) -> Self {
        self.removed_variables.extend(variables);
        self
    }

    /// How long it may take; 15 s unless told.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, CommandError> {
        let until = Instant::now() + self.timeout;
        let mut child = self.start()?;
        let mut output = Captured::of(child.stdout.take());
        let mut errors = Captured::of(child.stderr.take());
        if let Some(mut input) = child.stdin.take() {
            // A pipe takes more than an assertion has. A command that does not read it fails below.
            let _ = input.write_all(message);
        }
        let Some(status) = wait(&mut child, &mut output, &mut errors, until) else {
            // The command is the first of its group: the processes that it started end with it.
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
        let (program, arguments) =
            self.words.split_first().ok_or(CommandError::NotStarted(io::ErrorKind::NotFound))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        for variable in &self.removed_variables {
            command.env_remove(variable);
        }
        command.spawn().map_err(|error| CommandError::NotStarted(error.kind()))
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

// People put PINs into such commands.
impl fmt::Debug for CommandSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommandSigner").field(&self.public_key).finish()
    }
}

/// Why a command did not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It says that it failed.
    #[error("the signer command ended with {status}{}", Said(.said))]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The last line that it wrote to standard error, fit to be shown.
        said: Option<String>,
    },
    /// What it wrote is no signature of this key's size, in bytes or in base64.
    #[error("the signer command wrote {got} bytes, expected a signature of {expected}")]
    NoSignature {
        /// As many as the modulus.
        expected: usize,
        /// What there was; no more than 8 KiB are read.
        got: usize,
    },
    /// It could not be started.
    #[error("cannot start the signer command: {0}")]
    NotStarted(io::ErrorKind),
    /// It did not end.
    #[error("the signer command did not finish within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

struct Said<'a>(&'a Option<String>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|said| write!(f, ": {said}"))
    }
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

/// A stream of a command, and the last bytes that came from it.
///
/// It is read without blocking, on the thread that waits for the command: when that is over,
/// neither a thread nor a descriptor is left, whoever holds the other end.
struct Captured<R> {
    /// `None` at its end.
    stream: Option<R>,
    bytes: Vec<u8>,
}

impl<R: Read + AsFd> Captured<R> {
    fn of(stream: Option<R>) -> Self {
        let stream = stream.filter(|stream| ioctl_fionbio(stream, true).is_ok());
        Self { stream, bytes: Vec::new() }
    }

    /// Reads what has come, and returns whether that was the end.
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

/// Waits until the command has closed its output and has ended; `None` if that takes too long.
fn wait(
    child: &mut Child,
    output: &mut Captured<impl Read + AsFd>,
    errors: &mut Captured<impl Read + AsFd>,
    until: Instant,
) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(100);
    loop {
        let is_closed = output.read();
        if is_closed && let Some(status) = child.try_wait().ok()? {
            errors.read();
            return Some(status);
        }
        errors.read();
        let mut limit = left(until);
        if limit.is_zero() {
            return None;
        }
        if is_closed {
            limit = limit.min(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        let limit = Timespec::try_from(limit).ok()?;
        let mut open: Vec<_> = output.poll_fd().into_iter().chain(errors.poll_fd()).collect();
        // A signal may end it early: then there is nothing to read yet.
        let _ = poll(&mut open, Some(&limit));
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
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

/// Removes the arguments of the command, which may hold a passphrase or a PIN: shells and programs
/// repeat them in their errors. Names of programs, files and options stay.
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

/// The last line, without what a terminal obeys, keys, tokens and arguments of the command.
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

/// Of what a command writes, in bytes: a signature has 512.
const LONGEST: usize = 8 * 1024;
const LONGEST_LINE: usize = 200;

/// As short as a PIN.
const SHORTEST_SECRET: usize = 4;
