use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use orgtoken_assertion::{PublicKey, SignError, Signature, Signer};
use orgtoken_oauth::redact;

use super::{PATIENCE, signed};

/// Signs by a command: the message goes to its standard input, the signature comes from its
/// standard output, as bytes or in base64.
///
/// It blocks: call it on a thread that may wait.
pub struct CommandSigner {
    words: Vec<String>,
    public_key: PublicKey,
    withheld: Vec<String>,
    patience: Duration,
}

impl CommandSigner {
    /// A program and its arguments. What it signs is held against `public_key`.
    pub fn program(words: Vec<String>, public_key: PublicKey) -> Self {
        Self { words, public_key, withheld: Vec::new(), patience: PATIENCE }
    }

    /// A line for `sh`. What it signs is held against `public_key`.
    pub fn shell(line: &str, public_key: PublicKey) -> Self {
        Self::program(["sh", "-c", line].map(str::to_owned).into(), public_key)
    }

    /// Environment variables that the command is not to have; none unless told.
    #[must_use]
    pub fn without(mut self, variables: impl IntoIterator<Item = String>) -> Self {
        self.withheld.extend(variables);
        self
    }

    /// How long it may take; 15 s unless told.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, CommandError> {
        let until = Instant::now() + self.patience;
        let mut child = self.start()?;
        let (output, errors) = (kept(child.stdout.take()), kept(child.stderr.take()));
        if let Some(mut input) = child.stdin.take() {
            // A pipe takes more than an assertion has. Whoever does not read it says so below.
            let _ = input.write_all(message);
        }
        let in_time = output.recv_timeout(left(until)).ok();
        let ended = in_time.and_then(|output| Some((output, ended(&mut child, until)?)));
        let Some((output, status)) = ended else {
            // Whatever it started in turn may live on: nobody waits for that.
            let _ = child.kill();
            let _ = child.wait();
            return Err(CommandError::TimedOut(self.patience));
        };
        if !status.success() {
            let errors = errors.recv_timeout(left(until)).unwrap_or_default();
            return Err(CommandError::Failed { status, said: last_line(&errors) });
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
        for variable in &self.withheld {
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
    #[error("the signer command wrote {got} bytes, and a signature has {expected}")]
    NoSignature {
        /// As many as the modulus.
        expected: usize,
        /// What there was; no more than 8 KiB are read.
        got: usize,
    },
    /// It could not be started.
    #[error("the signer command cannot be started: {0}")]
    NotStarted(io::ErrorKind),
    /// It did not end.
    #[error("the signer command did not end within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

struct Said<'a>(&'a Option<String>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|said| write!(f, ": {said}"))
    }
}

impl CommandError {
    /// A name for programs; it does not change.
    pub fn code(&self) -> &'static str {
        "sign.command"
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            Self::Failed { .. } | Self::TimedOut(_) => {
                "run the command by hand: it gets what to sign on standard input, and asks nothing"
            }
            Self::NoSignature { .. } => {
                "let it write the RSA PKCS#1 v1.5 signature (SHA-256) and nothing else"
            }
            Self::NotStarted(_) => "check that the command is installed, and name it by its path",
        }))
    }
}

/// Reads a stream to its end on a thread of its own, and keeps the end of it.
///
/// The thread outlives a command that leaves the stream to others, and ends with them.
fn kept(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
        let Some(mut stream) = stream else { return };
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            kept.extend(&buffer[..read]);
            kept.drain(..kept.len().saturating_sub(LONGEST));
        }
        // Nobody listens any more once the time is over.
        let _ = sender.send(kept);
    });
    receiver
}

/// It has closed its output, so it is about to end.
fn ended(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(100);
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        if left(until).is_zero() {
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
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

/// What a person may read of it: one line, nothing that a terminal obeys, and no key.
fn last_line(errors: &[u8]) -> Option<String> {
    let errors = String::from_utf8_lossy(errors);
    let line = errors.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    if errors.contains("PRIVATE KEY-----") {
        return None;
    }
    let line = redact::text(line);
    let line = line.chars().take(LONGEST_LINE);
    Some(line.map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect())
}

/// Of what a command writes, in bytes: a signature has 512.
const LONGEST: usize = 8 * 1024;
const LONGEST_LINE: usize = 200;
