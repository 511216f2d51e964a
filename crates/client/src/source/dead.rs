use std::collections::VecDeque;
use std::sync::PoisonError;

use orgtoken_oauth::Token;
use ring::digest::{SHA256, digest};

use super::sync::StdMutex;

/// The tokens that were invalidated last: none of them may come back from a store.
///
/// A task may learn late that an old token is refused, and must not raise a younger one by it: so
/// there are some.
#[derive(Default)]
pub(super) struct Dead(StdMutex<VecDeque<[u8; 32]>>);

impl Dead {
    pub(super) fn bury(&self, token: &Token) {
        let fingerprint = fingerprint(token);
        let mut dead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !dead.contains(&fingerprint) {
            dead.truncate(REMEMBERED - 1);
            dead.push_front(fingerprint);
        }
    }

    /// Does something with a token that was not invalidated; nobody can invalidate it meanwhile.
    pub(super) fn unless(&self, token: &Token, act: impl FnOnce()) -> bool {
        let dead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = !dead.contains(&fingerprint(token));
        if alive {
            act();
        }
        alive
    }

    pub(super) fn is(&self, token: &Token) -> bool {
        let dead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !dead.is_empty() && dead.contains(&fingerprint(token))
    }
}

/// Tokens are compared by what is no secret.
fn fingerprint(token: &Token) -> [u8; 32] {
    let digest = digest(&SHA256, token.access_token().secret().as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

const REMEMBERED: usize = 16;
