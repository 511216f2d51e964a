use std::time::Duration;

use orgtoken_assertion::{Claims, ClaimsError, Lifetime, UnixTime};

use crate::refusal::Refusal;
use crate::resolution::Resolution;
use crate::retry::{Fault, RetryPolicy};
use crate::skew::Skew;

/// The claims of each assertion of one login, and whether there is another assertion.
///
/// An assertion is a credential: a host that has one can use it wherever its audience accepts it,
/// until it expires. So the influence of responses is limited:
///
/// * A login signs three assertions at most.
/// * Only the last one may have another audience or another clock than the others.
/// * Another audience must be one that [`Resolution::after`] allows for that host. An audience set
///   by the user never changes.
/// * Another clock may differ from the local one by five minutes at most, so `exp` is never later
///   than [`Lifetime::MAX`] and these five minutes from now.
///
/// ```
/// use std::time::Duration;
///
/// use orgtoken_assertion::{Lifetime, UnixTime};
/// use orgtoken_oauth::{AllowedHosts, Fault, InstanceUrl, LoginPlan, Refusal};
/// use orgtoken_oauth::{Resolution, RetryPolicy};
///
/// let acme = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none())?;
/// let resolution = Resolution::resolve(None, Some(&acme), None)?;
/// let mut plan = LoginPlan::new(resolution, Lifetime::DEFAULT, RetryPolicy::DEFAULT);
/// let now = UnixTime::from_secs(1_700_000_000);
/// plan.claims("3MVG9...", "user@acme.com", now)?;
/// assert_eq!(plan.resolution().audience().as_str(), "https://acme.my.salesforce.com");
///
/// let refusal = Refusal::new("invalid_grant", Some("audience is invalid"));
/// let left = Duration::from_secs(20);
/// assert_eq!(plan.after(Some(&refusal), Fault::default(), left, 0), Some(Duration::ZERO));
/// assert_eq!(plan.resolution().audience().as_str(), "https://login.salesforce.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LoginPlan {
    resolution: Resolution,
    lifetime: Lifetime,
    retry: RetryPolicy,
    skew: Option<Skew>,
    /// The times at which the lifetimes of the assertions so far begin.
    counted_from: Vec<UnixTime>,
    /// Whether audience or clock differ from those at the beginning of the login.
    is_changed: bool,
}

impl LoginPlan {
    /// Returns a plan with endpoint and audience of `resolution`, and with the local clock.
    pub fn new(resolution: Resolution, lifetime: Lifetime, retry: RetryPolicy) -> Self {
        let (skew, counted_from) = (None, Vec::new());
        Self { resolution, lifetime, retry, skew, counted_from, is_changed: false }
    }

    /// Returns endpoint and audience of the next assertion.
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// Returns the claims of the next assertion. `now` is the time of the local clock.
    ///
    /// Equal claims have equal signatures. The lifetime of a second assertion within the same
    /// second begins one second earlier, so that no two assertions are equal.
    ///
    /// # Panics
    ///
    /// If it is called more often than [`LoginPlan::after`] allowed.
    pub fn claims(
        &mut self,
        client_id: &str,
        username: &str,
        now: UnixTime,
    ) -> Result<Claims, ClaimsError> {
        assert!(self.counted_from.len() < MAX_ASSERTIONS, "a login signs three assertions at most");
        let now = self.skew.map_or(now, |skew| skew.correct(now));
        // Earlier seconds first. At the epoch there are only later ones.
        let before = (0..=now.as_secs()).rev().chain(now.as_secs()..=u64::MAX);
        let mut seconds = before.map(UnixTime::from_secs);
        let from = seconds.find(|second| !self.counted_from.contains(second)).unwrap_or(now);
        self.counted_from.push(from);
        let audience = self.resolution.audience().as_str();
        Claims::builder(from)
            .issuer(client_id)
            .subject(username)
            .audience(audience)
            .lifetime(self.lifetime)
            .build()
    }

    /// Returns the wait before the next assertion, or `None` if no other is sent.
    ///
    /// * `refusal`: the response to the last assertion, if it was a refusal
    /// * `fault`: the properties of the failure
    /// * `left`: the time until the login's deadline
    /// * `random`: any number, for jitter
    pub fn after(
        &mut self,
        refusal: Option<&Refusal>,
        fault: Fault,
        left: Duration,
        random: u64,
    ) -> Option<Duration> {
        let signed = self.counted_from.len();
        if self.is_changed || signed >= MAX_ASSERTIONS {
            return None;
        }
        if let Some(refusal) = refusal
            && self.change(refusal)
        {
            self.is_changed = true;
            return Some(Duration::ZERO);
        }
        self.retry.after(u32::try_from(signed).unwrap_or(u32::MAX), fault, left, random)
    }

    /// Changes audience or clock, if the refusal is about one of them and the change is allowed.
    fn change(&mut self, refusal: &Refusal) -> bool {
        if let Some(resolution) = self.resolution.after(refusal) {
            self.resolution = resolution;
            return true;
        }
        let is_about_time = refusal.error_code() == "refused.assertion_expired";
        self.skew = refusal.skew().filter(|skew| is_about_time && skew.is_correctable());
        self.skew.is_some()
    }
}

/// Per login. A fourth would not help, and each one is a credential.
const MAX_ASSERTIONS: usize = 3;

#[cfg(test)]
mod tests;
