//! One renewal: what is kept, else one login for all that share the store.

use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orgtoken_oauth::RetryPolicy;
use tracing::{debug, info, warn};

use super::TokenError;
use super::flight::{Renew, Renewed};
use super::invalidated::Invalidated;
use crate::clock::CLOCKS_DIFFER;
use crate::store::{Failure, Lease, MemoryStore, State, Store};
use crate::{BootTime, Held, Login, LoginError, Moment, Transport};

/// Everything a renewal needs, and how often it may log in.
pub(super) struct Renewal {
    login: Login,
    transport: Transport,
    pub(super) store: Box<dyn Store>,
    /// What this process knows by itself, whatever becomes of the store.
    own: Mutex<State>,
    /// The last login, if it ended before anything was sent. Other processes may have another way
    /// to the host, so it is not saved for them.
    unreached: Mutex<Option<(BootTime, Failure)>>,
    pub(super) ignores_cached_failure: bool,
    pub(super) token_lifetime: Option<Duration>,
    pub(super) cap: u32,
}

impl Renewal {
    pub(super) fn new(login: Login, transport: Transport) -> Self {
        Self {
            login,
            transport,
            store: Box::new(MemoryStore::default()),
            own: Mutex::default(),
            unreached: Mutex::default(),
            ignores_cached_failure: false,
            token_lifetime: None,
            cap: HOURLY_CAP,
        }
    }

    /// The saved state, without a token that was invalidated.
    async fn load(&self, invalidated: &Invalidated) -> State {
        let mut state = self.store.load().await;
        state.recall(&self.own.lock().unwrap_or_else(PoisonError::into_inner));
        state.held = state.held.filter(|held| !invalidated.contains(held.token()));
        state
    }

    async fn save(&self, state: State, lease: &Lease) {
        self.store.save(&state, lease).await;
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The longest that a login takes: its deadline, and some time to save what came of it.
    fn longest_login(&self) -> Duration {
        self.transport.deadline().left() + Duration::from_secs(5)
    }

    /// The error of a login that could not reach the endpoint a moment ago.
    fn unreached(&self) -> Option<TokenError> {
        let unreached = self.unreached.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = unreached.as_ref().filter(|_| !self.ignores_cached_failure)?;
        let age = BootTime::now().since_start().saturating_sub(at.since_start());
        let retry_in = NETWORK_PAUSE.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(TokenError::Remembered { failure: failure.clone(), age, retry_in })
    }

    /// The failure that answers in place of a login: one that is remembered, or one that was not
    /// there `before` this caller began to wait.
    fn remembered(
        &self,
        failure: Option<&Failure>,
        before: Option<&Failure>,
        best: &Option<Arc<Held>>,
    ) -> Option<TokenError> {
        let Moment { wall: now, boot } = Moment::now();
        let failure = failure?;
        let spare = best.as_ref().is_some_and(|held| held.is_good(boot));
        let waited_for = before != Some(failure) && failure.is_fresh(now);
        let retry_in = failure.still_blocks(spare, now).filter(|_| !self.ignores_cached_failure);
        if retry_in.is_none() && !waited_for {
            return None;
        }
        let age = now.saturating_duration_since(failure.at());
        let retry_in = retry_in.unwrap_or_default();
        Some(TokenError::Remembered { failure: failure.clone(), age, retry_in })
    }

    /// The error if the account has had all the assertions that it may have within an hour.
    fn cap_reached(&self, state: &mut State) -> Option<TokenError> {
        let now = Moment::now().wall;
        // A login slightly in the future comes from another host's clock. One further ahead comes
        // from a wrong clock and is dropped.
        let latest = now.saturating_add(CLOCKS_DIFFER);
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
        best: &Option<Arc<Held>>,
    ) -> Result<Arc<Held>, LoginError> {
        match best.as_ref().map(|held| held.time_left(BootTime::now()).as_secs()) {
            None => info!("logging in: there is no cached token"),
            Some(0) => info!("logging in: the cached token has expired"),
            Some(left) => info!("logging in: the cached token is valid for {left} s only"),
        }
        let further = state.further.then(|| self.login.further()).flatten();
        let mut login = further.unwrap_or_else(|| self.login.clone());
        if state.failure.as_ref().is_some_and(|failure| failure.is_outage(Moment::now().wall)) {
            // One assertion tells whether an outage is over.
            login = login.retry(RetryPolicy::NEVER);
        }
        let mut sent = 0;
        let obtained =
            login.obtain_counting(&self.transport, || Moment::now().wall, &mut sent).await;
        let now = Moment::now();
        state.logins.extend(iter::repeat_n(now.wall, sent as usize));
        match obtained {
            Ok(logged_in) => {
                state.further = logged_in.resolution().is_fallback();
                let token = logged_in.into_token();
                let token = match self.token_lifetime {
                    Some(lifetime) => token.lifetime(lifetime),
                    None => token,
                };
                let held = Arc::new(Held::new(token, now));
                state.held = Some(Arc::clone(&held));
                state.failure = None;
                Ok(held)
            }
            Err(error) => {
                let failure = Failure::new(&error, sent, now.wall, state.failure.as_ref());
                if sent == 0 && error.last().is_some() {
                    let unreached = (now.boot, failure.clone());
                    *self.unreached.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(unreached);
                }
                state.failure = Some(failure);
                state.further &= sent == 0;
                Err(error)
            }
        }
    }
}

impl Renew for Renewal {
    async fn run(
        &self,
        min_ttl: Duration,
        at_hand: Option<Arc<Held>>,
        invalidated: &Invalidated,
    ) -> Renewed {
        let mut best = at_hand.filter(|held| !invalidated.contains(held.token()));
        let state = self.load(invalidated).await;
        if let Some(held) = good(&state, min_ttl, &mut best) {
            return Ok(held);
        }
        let before = state.failure;
        let remembered = self.remembered(before.as_ref(), before.as_ref(), &best);
        if let Some(error) = remembered.or_else(|| self.unreached()) {
            return still_good(best, invalidated, error);
        }
        let lease = self.store.lease(self.longest_login()).await;
        let result = self.renew(min_ttl, before.as_ref(), &mut best, &lease, invalidated).await;
        self.store.release(lease).await;
        result.or_else(|error| still_good(best, invalidated, error))
    }
}

impl Renewal {
    /// Looks again, now that nobody else may log in, and then logs in.
    async fn renew(
        &self,
        min_ttl: Duration,
        before: Option<&Failure>,
        best: &mut Option<Arc<Held>>,
        lease: &Lease,
        invalidated: &Invalidated,
    ) -> Result<Arc<Held>, TokenError> {
        let mut state = self.load(invalidated).await;
        if let Some(held) = good(&state, min_ttl, best) {
            info!("another process has logged in: its token is used");
            return Ok(held);
        }
        if let Some(error) = self.remembered(state.failure.as_ref(), before, best) {
            return Err(error);
        }
        let result = match self.cap_reached(&mut state) {
            Some(error) => Err(error),
            None => self.log_in(&mut state, best).await.map_err(TokenError::Login),
        };
        self.save(state, lease).await;
        if result.is_err() {
            // While this process was stopped, another one may have logged in.
            let _ = good(&self.load(invalidated).await, min_ttl, best);
        }
        result
    }
}

/// The saved token, if it is good for long enough. If not, the better of it and `best` is `best`.
fn good(state: &State, min_ttl: Duration, best: &mut Option<Arc<Held>>) -> Option<Arc<Held>> {
    let now = BootTime::now();
    let held = state.held.as_ref()?;
    if best.as_ref().is_none_or(|best| best.time_left(now) < held.time_left(now)) {
        *best = Some(Arc::clone(held));
    }
    held.is_good_for(min_ttl, now).then(|| Arc::clone(held))
}

/// A token that is good for less than was asked for is better than none.
fn still_good(best: Option<Arc<Held>>, invalidated: &Invalidated, error: TokenError) -> Renewed {
    let now = BootTime::now();
    let usable = |held: &Arc<Held>| held.is_good(now) && !invalidated.contains(held.token());
    let Some(held) = best.filter(usable) else {
        return Err(Arc::new(error));
    };
    let left = held.time_left(now);
    match &error {
        // It was logged when it happened.
        TokenError::Remembered { .. } => debug!("the token is good for {left:?} yet: {error}"),
        error => warn!("the token was not renewed, and is still good for {left:?}: {error}"),
    }
    Ok(held)
}

/// Salesforce blocks a user for an hour after 3,600.
const HOURLY_CAP: u32 = 120;

/// Between two logins that cannot reach the endpoint, in one process.
const NETWORK_PAUSE: Duration = Duration::from_secs(2);

const HOUR: Duration = Duration::from_secs(60 * 60);
