use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use orgtoken_oauth::Token;
use ring::digest::{SHA256, digest};

use super::sync::StdMutex;
use crate::BootTime;

/// The tokens that were invalidated last, which are not taken from a cache again.
///
/// A task may report late that an old token was rejected, and this must not bring back a newer
/// rejected one. So there are several.
#[derive(Default)]
pub(super) struct Invalidated(StdMutex<Entries>);

#[derive(Default)]
struct Entries {
    /// Each with the number of its invalidation, the latest first.
    tokens: VecDeque<(Fingerprint, u64)>,
    invalidations: u64,
    /// The token that a login returned again after its invalidation, and the time of that.
    granted_again: Option<(Fingerprint, BootTime)>,
}

impl Entries {
    fn number_of(&self, token: &Token) -> Option<u64> {
        if self.tokens.is_empty() {
            return None;
        }
        let token = fingerprint(token);
        self.tokens.iter().find(|(other, _)| *other == token).map(|(_, number)| *number)
    }
}

impl Invalidated {
    /// Adds a token; `false` if a login has just returned it again, so that another one would not
    /// help.
    pub(super) fn insert(&self, token: &Token) -> bool {
        let token = fingerprint(token);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.granted_again.is_some_and(|(other, at)| other == token && at.elapsed() < PAUSE) {
            return false;
        }
        if entries.tokens.iter().all(|(other, _)| *other != token) {
            entries.invalidations += 1;
            let number = entries.invalidations;
            entries.tokens.truncate(REMEMBERED - 1);
            entries.tokens.push_front((token, number));
        }
        true
    }

    /// Calls `act` if the token is not invalidated; it stays so during the call.
    pub(super) fn if_valid(&self, token: &Token, act: impl FnOnce()) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let valid = entries.number_of(token).is_none();
        if valid {
            act();
        }
        valid
    }

    pub(super) fn contains(&self, token: &Token) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).number_of(token).is_some()
    }

    /// The number of invalidations so far.
    pub(super) fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).invalidations
    }

    /// Whether the token was invalidated among the first `count`.
    pub(super) fn is_before(&self, token: &Token, count: u64) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.number_of(token).is_some_and(|number| number <= count)
    }

    /// Removes a token, because a login returned it again.
    pub(super) fn readmit(&self, token: &Token) {
        let token = fingerprint(token);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.tokens.retain(|(other, _)| *other != token);
        entries.granted_again = Some((token, BootTime::now()));
    }
}

type Fingerprint = [u8; 32];

/// Tokens are compared by their hash, which is not secret.
fn fingerprint(token: &Token) -> Fingerprint {
    let digest = digest(&SHA256, token.access_token().secret().as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

const REMEMBERED: usize = 16;

/// The pause between two logins for a token that the API rejects and every login returns.
const PAUSE: Duration = Duration::from_secs(60);
