use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64ct::{Base64Unpadded, Encoding};
use orgtoken_assertion::{Diagnostic, PublicKey, SignError, Signature, Signer};
use sha2::{Digest, Sha256};

use crate::blob::{Blob, push_string, rsa_key};
use crate::{DEFAULT_TIMEOUT, signed};

/// A signer with a key in an SSH agent ([the agent's protocol], [RFC 8332]).
///
/// It blocks, so call it on a thread that may block.
///
/// [the agent's protocol]: https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent
/// [RFC 8332]: https://www.rfc-editor.org/rfc/rfc8332
pub struct AgentSigner {
    agent: Agent,
    blob: Vec<u8>,
    public_key: PublicKey,
}

impl AgentSigner {
    /// Finds the RSA key with this fingerprint (`SHA256:…`, see `ssh-add -l`) or comment in the
    /// agent at `socket`, which is usually `SSH_AUTH_SOCK`.
    pub fn find(socket: &Path, which: &str) -> Result<Self, AgentError> {
        Self::find_with_timeout(socket, which, DEFAULT_TIMEOUT)
    }

    /// Does the same with a timeout for each response of the agent. Default: 15 s.
    pub fn find_with_timeout(
        socket: &Path,
        which: &str,
        timeout: Duration,
    ) -> Result<Self, AgentError> {
        let agent = Agent { socket: socket.into(), timeout };
        let identities = agent.identities()?;
        if identities.is_empty() {
            return Err(AgentError::Empty);
        }
        let found: Vec<_> = identities.into_iter().filter(|key| key.matches(which)).collect();
        if found.is_empty() {
            return Err(AgentError::Unknown);
        }
        let mut rsa = found.into_iter().filter_map(|Identity { blob, .. }| {
            let public_key = rsa_key(&blob)?;
            Some((blob, public_key))
        });
        match (rsa.next(), rsa.next()) {
            (Some((blob, public_key)), None) => Ok(Self { agent, blob, public_key }),
            (Some(_), Some(_)) => Err(AgentError::Ambiguous),
            (None, _) => Err(AgentError::Unsuitable),
        }
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, AgentError> {
        let mut request = vec![SIGN_REQUEST];
        push_string(&mut request, &self.blob);
        push_string(&mut request, message);
        request.extend(RSA_SHA2_256.to_be_bytes());

        let answer = self.agent.ask(&request)?;
        let mut answer = Blob(&answer);
        match answer.byte() {
            Some(SIGN_RESPONSE) => {}
            Some(FAILURE) => return Err(AgentError::Refused),
            _ => return Err(AgentError::Malformed),
        }
        let signature = sole_string(answer).and_then(rsa_sha2_256).ok_or(AgentError::Malformed)?;
        padded(self.public_key.bits().div_ceil(8), signature).ok_or(AgentError::Malformed)
    }
}

impl Signer for AgentSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        signed(self.signature(message))
    }
}

impl fmt::Debug for AgentSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AgentSigner").field(&self.public_key).finish()
    }
}

/// An error of an SSH agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// Several RSA keys have this comment.
    #[error("the SSH agent holds several RSA keys with that comment")]
    Ambiguous,
    /// The agent has no key, or is locked.
    #[error("the SSH agent holds no key")]
    Empty,
    /// The connection failed.
    #[error("cannot talk to the SSH agent")]
    Io(#[source] io::Error),
    /// The response violates the protocol.
    #[error("malformed response from the SSH agent")]
    Malformed,
    /// The agent refused, for example because its user did not confirm.
    #[error("the SSH agent refused to sign")]
    Refused,
    /// The agent did not respond in time.
    #[error("the SSH agent did not answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// No key has this fingerprint or comment.
    #[error("the SSH agent holds no key with that fingerprint or comment")]
    Unknown,
    /// The key is not an RSA key of 2048 to 4096 bits.
    #[error("the key in the SSH agent is not an RSA key of 2048 to 4096 bits")]
    Unsuitable,
}

impl Diagnostic for AgentError {
    fn code(&self) -> &str {
        match self {
            Self::Ambiguous | Self::Empty | Self::Unknown => "sign.agent_key",
            Self::Io(_) | Self::Malformed | Self::TimedOut(_) => "sign.agent",
            Self::Refused => "sign.refused",
            Self::Unsuitable => "key.algorithm",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::Ambiguous => "name it by its fingerprint, `SHA256:…`, which `ssh-add -l` shows",
            Self::Empty => "add the key: `ssh-add key.pem`",
            Self::Io(_) | Self::Malformed => {
                "check with `ssh-add -l` that an agent runs at SSH_AUTH_SOCK"
            }
            Self::Refused | Self::TimedOut(_) => {
                "confirm the signature where the agent asks, or add the key without `-c`"
            }
            Self::Unknown => "give a fingerprint or comment that `ssh-add -l` shows",
            Self::Unsuitable => "add the RSA key whose certificate the app has",
        }))
    }
}

struct Agent {
    socket: PathBuf,
    timeout: Duration,
}

impl Agent {
    fn identities(&self) -> Result<Vec<Identity>, AgentError> {
        let answer = self.ask(&[REQUEST_IDENTITIES])?;
        let mut answer = Blob(&answer);
        match answer.byte() {
            Some(IDENTITIES_ANSWER) => identities(answer).ok_or(AgentError::Malformed),
            Some(FAILURE) => Err(AgentError::Refused),
            _ => Err(AgentError::Malformed),
        }
    }

    /// Sends a request and returns the response, on a new connection.
    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, AgentError> {
        let start = Instant::now();
        let left = || self.timeout.saturating_sub(start.elapsed());
        let exchange = || {
            let mut stream = UnixStream::connect(&self.socket)?;
            stream.set_write_timeout(Some(self.timeout))?;
            let mut framed = Vec::with_capacity(4 + request.len());
            push_string(&mut framed, request);
            stream.write_all(&framed)?;

            let mut len = [0; 4];
            read_exact(&mut stream, &mut len, left)?;
            let len = u32::from_be_bytes(len);
            if len > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut answer = vec![0; len as usize];
            read_exact(&mut stream, &mut answer, left)?;
            Ok(answer)
        };
        exchange().map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                AgentError::TimedOut(self.timeout)
            }
            io::ErrorKind::InvalidData => AgentError::Malformed,
            _ => AgentError::Io(error),
        })
    }
}

/// A key in the list of the agent.
struct Identity {
    blob: Vec<u8>,
    comment: Vec<u8>,
}

impl Identity {
    fn matches(&self, which: &str) -> bool {
        let which = which.trim();
        match which.strip_prefix("SHA256:") {
            Some(fingerprint) => {
                let hash = Sha256::digest(&self.blob);
                Base64Unpadded::encode_string(&hash) == fingerprint.trim_end_matches('=')
            }
            None => self.comment == which.as_bytes(),
        }
    }
}

fn identities(mut answer: Blob<'_>) -> Option<Vec<Identity>> {
    let count = answer.number()?;
    let mut identities = Vec::new();
    for _ in 0..count {
        let (blob, comment) = (answer.string()?.to_vec(), answer.string()?.to_vec());
        identities.push(Identity { blob, comment });
    }
    answer.end()?;
    Some(identities)
}

fn sole_string(mut blob: Blob<'_>) -> Option<&[u8]> {
    let string = blob.string()?;
    blob.end()?;
    Some(string)
}

/// Returns the signature. Agents that ignore the flag sign with SHA-1, which is refused.
fn rsa_sha2_256(signature: &[u8]) -> Option<&[u8]> {
    let mut signature = Blob(signature);
    if signature.string()? != b"rsa-sha2-256" {
        return None;
    }
    sole_string(signature)
}

/// Fixes the number of leading zeros, which some agents omit or add.
fn padded(len: usize, signature: &[u8]) -> Option<Vec<u8>> {
    let zeros = signature.iter().take_while(|&&byte| byte == 0).count();
    let digits = &signature[zeros..];
    let missing = len.checked_sub(digits.len())?;
    Some([&vec![0; missing], digits].concat())
}

/// Fills the buffer within the time that is `left`.
fn read_exact(
    stream: &mut UnixStream,
    mut buffer: &mut [u8],
    left: impl Fn() -> Duration,
) -> io::Result<()> {
    while !buffer.is_empty() {
        let left = left();
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => buffer = &mut buffer[read..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// The flag `SSH_AGENT_RSA_SHA2_256`.
const RSA_SHA2_256: u32 = 2;

/// The maximum size of a response in bytes, the limit of OpenSSH's agent.
const LONGEST: u32 = 256 * 1024;
