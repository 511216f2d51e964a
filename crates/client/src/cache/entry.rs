use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use orgtoken_oauth::AllowedHosts;
use tracing::warn;

use super::{LoginId, SealingKey, State};
use crate::Timestamp;

/// The entry of one login: its name, and how its state is sealed.
#[derive(Debug)]
pub(super) struct Entry {
    name: String,
    login_id: LoginId,
    key: Arc<SealingKey>,
    allowed_hosts: AllowedHosts,
    warned: AtomicBool,
}

impl Entry {
    pub(super) fn new(
        login_id: LoginId,
        key: Arc<SealingKey>,
        allowed_hosts: AllowedHosts,
    ) -> Self {
        let name = key.name(&[&login_id.endpoint, &login_id.client_id, &login_id.username]);
        Self { name, login_id, key, allowed_hosts, warned: AtomicBool::new(false) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns `None` if the system has no random numbers.
    pub(super) fn seal(&self, state: &State) -> Option<Vec<u8>> {
        self.key.seal(&self.name, &state.to_bytes(&self.login_id))
    }

    /// Returns an empty state for bytes that are damaged, or of another version or login.
    pub(super) fn open(&self, sealed: &[u8]) -> State {
        let plain = self.key.open(&self.name, sealed);
        let state = plain
            .and_then(|plain| State::from_bytes(&plain, &self.allowed_hosts, Timestamp::now()))
            .filter(|(login_id, _)| *login_id == self.login_id);
        if state.is_none() {
            self.warn_once(&"an entry of the token cache is damaged or of another version");
        }
        state.map(|(_, state)| state).unwrap_or_default()
    }

    /// Warns once per process: reading the entry again gives the same result.
    pub(super) fn warn_once(&self, warning: &dyn fmt::Display) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            warn!("{warning}");
        }
    }
}
