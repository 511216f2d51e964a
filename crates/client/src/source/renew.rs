//! One renewal: the cached token, else one login for all that share the cache.

use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orgtoken_oauth::RetryPolicy;
use tracing::{debug, info, warn};

use super::TokenError;
use super::invalidated::Invalidated;
use super::single_flight::{Renew, Renewed};
use crate::cache::{CachedFailure, Lease, MemoryCache, State, TokenCache};
use crate::clock::MAX_CLOCK_SKEW;
use crate::{BootTime, CachedToken, Login, LoginError, Timestamp, Transport};

/// The login, its transport, its cache and its limits.
pub(super) struct Renewal {
    login: Login,
    transport: Transport,
    pub(super) cache: Box<dyn TokenCache>,
    /// The state that this process knows, even if the cache loses it.
    own: Mutex<State>,
    /// The last login, if it failed before anything was sent. Other processes may have another way
    /// to the host, so it is not written to the cache.
    unreached: Mutex<Option<(BootTime, CachedFailure)>>,
    pub(super) ignores_cached_failure: bool,
    pub(super) token_lifetime: Option<Duration>,
    pub(super) cap: u32,
}

impl Renewal {
    pub(super) fn new(login: Login, transport: Transport) -> Self {
        Self {
            login,
            transport,
            cache: Box::new(MemoryCache::default()),
            own: Mutex::default(),
            unreached: Mutex::default(),
            ignores_cached_failure: false,
            token_lifetime: None,
            cap: HOURLY_CAP,
        }
    }

    /// Returns the cached state, without an invalidated token.
    async fn load(&self, invalidated: &Invalidated) -> State {
        let mut state = self.cache.load().await;
        state.merge_local(&self.own.lock().unwrap_or_else(PoisonError::into_inner));
        state.token = state.token.filter(|cached| !invalidated.contains(cached.token()));
        state
    }

    async fn save(&self, state: State, lease: &Lease) {
        self.cache.save(&state, lease).await;
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The longest duration of a login: its deadline, and some time to save the result.
    fn longest_login(&self) -> Duration {
        self.transport.deadline().left() + Duration::from_secs(5)
    }

    /// Returns the error of a recent login that could not reach the endpoint.
    fn unreached(&self) -> Option<TokenError> {
        let unreached = self.unreached.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = unreached.as_ref().filter(|_| !self.ignores_cached_failure)?;
        let age = at.elapsed();
        let retry_in = NETWORK_PAUSE.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(TokenError::CachedFailure { failure: failure.clone(), age, retry_in })
    }

    /// Returns the failure that replaces a login: a cached one, or one that appeared after
    /// `before`, while this caller waited.
    fn cached_failure(
        &self,
        failure: Option<&CachedFailure>,
        before: Option<&CachedFailure>,
        best: &Option<Arc<CachedToken>>,
    ) -> Option<TokenError> {
        let Timestamp { wall: now, boot } = Timestamp::now();
        let failure = failure?;
        let has_valid = best.as_ref().is_some_and(|cached| cached.is_valid(boot));
        let waited_for = before != Some(failure) && failure.is_fresh(now);
        let retry_in =
            failure.still_blocks(has_valid, now).filter(|_| !self.ignores_cached_failure);
        if retry_in.is_none() && !waited_for {
            return None;
        }
        let age = now.saturating_duration_since(failure.at());
        let retry_in = retry_in.unwrap_or_default();
        Some(TokenError::CachedFailure { failure: failure.clone(), age, retry_in })
    }

    /// Returns an error if the hourly cap is reached.
    fn cap_reached(&self, state: &mut State) -> Option<TokenError> {
        let now = Timestamp::now().wall;
        // A login slightly in the future comes from another host's clock. One further ahead comes
        // from a wrong clock and is dropped.
        let latest = now.saturating_add(MAX_CLOCK_SKEW);
        state
            .logins
            .retain(|login| *login <= latest && now.saturating_duration_since(*login) < HOUR);
        let retry_in = match state.logins.iter().min() {
            Some(oldest) => oldest.saturating_add(HOUR).saturating_duration_since(now),
            None => HOUR,
        };
        let full = state.logins.len() >= self.cap as usize;
        full.then_some(TokenError::Cap { cap: self.cap, retry_in })
    }

    async fn log_in(
        &self,
        state: &mut State,
        best: &Option<Arc<CachedToken>>,
    ) -> Result<Arc<CachedToken>, LoginError> {
        match best.as_ref().map(|cached| cached.time_left(BootTime::now()).as_secs()) {
            None => info!("logging in: there is no cached token"),
            Some(0) => info!("logging in: the cached token has expired"),
            Some(left) => info!("logging in: the cached token is valid for {left} s only"),
        }
        let fallback = state.uses_fallback.then(|| self.login.with_fallback_audience()).flatten();
        let mut login = fallback.unwrap_or_else(|| self.login.clone());
        if state.failure.as_ref().is_some_and(|failure| failure.is_outage(Timestamp::now().wall)) {
            // One assertion is enough to see whether the outage is over.
            login = login.retry(RetryPolicy::NEVER);
        }
        let mut sent = 0;
        let obtained =
            login.obtain_counting(&self.transport, || Timestamp::now().wall, &mut sent).await;
        let now = Timestamp::now();
        state.logins.extend(iter::repeat_n(now.wall, sent as usize));
        match obtained {
            Ok(logged_in) => {
                state.uses_fallback = logged_in.resolution.is_fallback();
                let token = logged_in.token;
                let token = match self.token_lifetime {
                    Some(lifetime) => token.lifetime(lifetime),
                    None => token,
                };
                let cached = Arc::new(CachedToken::new(token, now));
                state.token = Some(Arc::clone(&cached));
                state.failure = None;
                Ok(cached)
            }
            Err(error) => {
                let failure = CachedFailure::new(&error, sent, now.wall, state.failure.as_ref());
                if sent == 0 && error.last().is_some() {
                    let unreached = (now.boot, failure.clone());
                    *self.unreached.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(unreached);
                }
                state.failure = Some(failure);
                state.uses_fallback &= sent == 0;
                Err(error)
            }
        }
    }
}

impl Renew for Renewal {
    async fn run(
        &self,
        min_ttl: Duration,
        current: Option<Arc<CachedToken>>,
        invalidated: &Invalidated,
    ) -> Renewed {
        let mut best = current.filter(|cached| !invalidated.contains(cached.token()));
        let state = self.load(invalidated).await;
        if let Some(cached) = take_valid(&state, min_ttl, &mut best) {
            return Ok(cached);
        }
        let before = state.failure;
        let remembered = self.cached_failure(before.as_ref(), before.as_ref(), &best);
        if let Some(error) = remembered.or_else(|| self.unreached()) {
            return still_valid(best, invalidated, error);
        }
        let lease = self.cache.lease(self.longest_login()).await;
        let result = self.renew(min_ttl, before.as_ref(), &mut best, &lease, invalidated).await;
        self.cache.release(lease).await;
        result.or_else(|error| still_valid(best, invalidated, error))
    }
}

impl Renewal {
    /// Loads again, now that no other process can log in, and then logs in.
    async fn renew(
        &self,
        min_ttl: Duration,
        before: Option<&CachedFailure>,
        best: &mut Option<Arc<CachedToken>>,
        lease: &Lease,
        invalidated: &Invalidated,
    ) -> Result<Arc<CachedToken>, TokenError> {
        let mut state = self.load(invalidated).await;
        if let Some(cached) = take_valid(&state, min_ttl, best) {
            info!("another process has logged in; using its token");
            return Ok(cached);
        }
        if let Some(error) = self.cached_failure(state.failure.as_ref(), before, best) {
            return Err(error);
        }
        let result = match self.cap_reached(&mut state) {
            Some(error) => Err(error),
            None => self.log_in(&mut state, best).await.map_err(TokenError::Login),
        };
        self.save(state, lease).await;
        if result.is_err() {
            // Another process may have logged in while this one was stopped.
            let _ = take_valid(&self.load(invalidated).await, min_ttl, best);
        }
        result
    }
}

/// Returns the cached token if it is valid for `min_ttl`; otherwise `best` becomes the token that
/// is valid for longer.
fn take_valid(
    state: &State,
    min_ttl: Duration,
    best: &mut Option<Arc<CachedToken>>,
) -> Option<Arc<CachedToken>> {
    let now = BootTime::now();
    let cached = state.token.as_ref()?;
    if best.as_ref().is_none_or(|best| best.time_left(now) < cached.time_left(now)) {
        *best = Some(Arc::clone(cached));
    }
    cached.is_valid_for(min_ttl, now).then(|| Arc::clone(cached))
}

/// Returns a token that is valid for less than requested, rather than an error.
fn still_valid(
    best: Option<Arc<CachedToken>>,
    invalidated: &Invalidated,
    error: TokenError,
) -> Renewed {
    let now = BootTime::now();
    let usable =
        |cached: &Arc<CachedToken>| cached.is_valid(now) && !invalidated.contains(cached.token());
    let Some(cached) = best.filter(usable) else {
        return Err(Arc::new(error));
    };
    let left = cached.time_left(now);
    match &error {
        // The failure was logged when it happened.
        TokenError::CachedFailure { .. } => {
            debug!("the token is still valid for {left:?}: {error}")
        }
        error => warn!("cannot renew the token, which is still valid for {left:?}: {error}"),
    }
    Ok(cached)
}

/// The default; Salesforce blocks a user for an hour after 3,600.
const HOURLY_CAP: u32 = 120;

/// The pause of a process between two logins that cannot reach the endpoint.
const NETWORK_PAUSE: Duration = Duration::from_secs(2);

const HOUR: Duration = Duration::from_secs(60 * 60);
