//! A scripted SSH agent.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;

use orgtoken_assertion::{Signer, SigningKey};
use tempfile::TempDir;

/// The response of the agent to a sign request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// Closes the connection.
    HangsUp,
    /// Signs, and omits leading zeros.
    LeavesOutZeros,
    /// Signs, and adds a leading zero.
    PutsAZeroBefore,
    /// Refuses.
    Refuses,
    /// Responds with these bytes.
    Says(&'static [u8]),
    /// Does not respond.
    Silent,
    /// Signs.
    Signs,
    /// Signs another message.
    SignsSomethingElse,
    /// Ignores the flag, and signs with SHA-1.
    SignsWithSha1,
    /// Sends a truncated response.
    Truncates,
}

pub(crate) struct FakeAgent {
    folder: TempDir,
}

impl FakeAgent {
    /// Starts an agent with `keys` and their comments.
    pub(crate) fn start(keys: Vec<(SigningKey, &'static str)>, manner: Manner) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("agent")).unwrap();
        // The thread waits until the test process ends.
        thread::spawn(move || {
            let mut silenced = Vec::new();
            for stream in listener.incoming() {
                let Some(mut stream) = stream.ok() else { return };
                let Some(request) = frame(&mut stream) else { continue };
                match answer(&keys, manner, &request) {
                    Some(answer) => drop(stream.write_all(&answer)),
                    None if manner == Manner::Silent => silenced.push(stream),
                    None => {}
                }
            }
        });
        Self { folder }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }
}

pub(crate) fn blob(key: &SigningKey) -> Vec<u8> {
    // SPKI of 2048 bits: 33 bytes, the modulus with its zero, 02 03, the exponent.
    let spki = key.public_key().to_spki_der();
    let modulus = &spki[32..32 + 257];
    [string(b"ssh-rsa"), string(&spki[spki.len() - 3..]), string(modulus)].concat()
}

fn answer(keys: &[(SigningKey, &str)], manner: Manner, request: &[u8]) -> Option<Vec<u8>> {
    if let Manner::Says(bytes) = manner {
        return Some(bytes.to_vec());
    }
    if request == [11] {
        let mut answer = [&[12][..], &(keys.len() as u32).to_be_bytes()].concat();
        for (key, comment) in keys {
            answer.extend([string(&blob(key)), string(comment.as_bytes())].concat());
        }
        return Some(string(&answer));
    }
    let signature = match manner {
        Manner::HangsUp | Manner::Silent => return None,
        Manner::Refuses => return Some(string(&[5])),
        Manner::SignsSomethingElse => signature(keys, b"something else"),
        _ => signature(keys, message(request)),
    };
    let zeros = signature.iter().take_while(|&&byte| byte == 0).count();
    let algorithm: &[u8] =
        if manner == Manner::SignsWithSha1 { b"ssh-rsa" } else { b"rsa-sha2-256" };
    let signature = match manner {
        Manner::LeavesOutZeros => signature[zeros..].to_vec(),
        Manner::PutsAZeroBefore => [&[0], &*signature].concat(),
        _ => signature,
    };
    let signature = string(&[string(algorithm), string(&signature)].concat());
    let mut answer = string(&[&[14], &*signature].concat());
    if manner == Manner::Truncates {
        answer.truncate(answer.len() - 1);
    }
    Some(answer)
}

fn signature(keys: &[(SigningKey, &str)], message: &[u8]) -> Vec<u8> {
    keys[0].0.sign(message).unwrap().as_bytes().to_vec()
}

/// Checks a sign request: 13, the key, the message, the flags.
fn message(request: &[u8]) -> &[u8] {
    let key = 5 + u32::from_be_bytes(request[1..5].try_into().unwrap()) as usize;
    assert_eq!(request[request.len() - 4..], [0, 0, 0, 2], "rsa-sha2-256 is asked for");
    &request[key + 4..request.len() - 4]
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut len = [0; 4];
    stream.read_exact(&mut len).ok()?;
    let mut frame = vec![0; u32::from_be_bytes(len) as usize];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}
