use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::{Fault, Refusal, Resolution, Retry, RetryPolicy, Skew};
use tracing::info;

use super::attempt::AttemptError;

/// The next attempt: after which wait, where, for whom, and by which clock.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) resolution: Resolution,
    pub(super) wait: Duration,
    skew: Option<Skew>,
    /// What the attempts so far were signed for.
    signed: Vec<UnixTime>,
}

impl Plan {
    /// At once, by the local clock.
    pub(super) fn new(resolution: Resolution) -> Self {
        Self { resolution, wait: Duration::ZERO, skew: None, signed: Vec::new() }
    }

    /// What to do after this attempt ended in `error`; `before` counts the attempts before it.
    pub(super) fn after(
        &self,
        error: &AttemptError,
        before: usize,
        policy: &RetryPolicy,
        left: Duration,
    ) -> Option<Self> {
        if let Some(plan) = error.refusal().and_then(|refusal| self.otherwise(error, refusal)) {
            return Some(plan);
        }
        let attempts = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        let fault = Fault { transient: error.is_transient(), retry_after: error.retry_after() };
        match policy.after(attempts, fault, left, jitter()) {
            Retry::Stop(_) => None,
            Retry::Wait(wait) => {
                info!("trying again in {} ms: {error}", wait.as_millis());
                Some(Self { wait, ..self.clone() })
            }
        }
    }

    /// The time to sign for: the endpoint's, as far as it is known. The same claims have the same
    /// signature, so an attempt within the second of another one counts from the second before.
    pub(super) fn sign_at(&mut self, now: UnixTime) -> UnixTime {
        let now = self.corrected(now);
        let mut seconds = (0..=now.as_secs()).rev().map(UnixTime::from_secs);
        let unused = seconds.find(|second| !self.signed.contains(second));
        self.signed.extend(unused);
        unused.unwrap_or(now)
    }

    fn corrected(&self, now: UnixTime) -> UnixTime {
        let Some(skew) = self.skew else { return now };
        let (now, seconds) = (now.as_secs(), skew.seconds());
        UnixTime::from_secs(if skew.is_ahead() {
            now.saturating_sub(seconds)
        } else {
            now.saturating_add(seconds)
        })
    }

    /// What to change after a refusal: the audience once, the clock once.
    fn otherwise(&self, error: &AttemptError, refusal: &Refusal) -> Option<Self> {
        if let Some(resolution) = self.resolution.after(refusal) {
            return Some(Self { resolution, wait: Duration::ZERO, ..self.clone() });
        }
        let about_time = error.code() == "refused.assertion_expired";
        let skew = refusal.skew().filter(|_| about_time && self.skew.is_none())?;
        info!("{skew}: trying once more by Salesforce's");
        Some(Self { skew: Some(skew), wait: Duration::ZERO, ..self.clone() })
    }
}

/// It only has to differ between processes: the seed of a hash map is random enough.
fn jitter() -> u64 {
    RandomState::new().hash_one(())
}
