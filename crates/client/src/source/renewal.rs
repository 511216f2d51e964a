//! One renewal: what is kept, else one login for all that share the store.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, info, warn};

use super::TokenError;
use super::dead::Dead;
use super::flight::{Renew, Renewed};
use crate::clock::CLOCKS_DIFFER;
use crate::store::{Failure, Lease, State, Store};
use crate::{BootTime, Held, Login, LoginError, Moment, Transport};

/// Everything a renewal needs, and how often it may log in.
pub(super) struct Renewal {
    login: Login,
    transport: Transport,
    store: Box<dyn Store>,
    /// What this process knows by itself, whatever becomes of the store.
    own: Mutex<State>,
    remembers: bool,
    pub(super) token_lifetime: Option<Duration>,
    pub(super) cap: u32,
}

impl Renewal {
    pub(super) fn new(login: Login, transport: Transport, store: Box<dyn Store>) -> Self {
        let (remembers, token_lifetime, cap) = (true, None, HOURLY_CAP);
        let own = Mutex::default();
        Self { login, transport, store, own, remembers, token_lifetime, cap }
    }

    pub(super) fn ask_anew(&mut self) {
        self.remembers = false;
    }

    /// What is kept, without a token that was refused.
    async fn load(&self, dead: &Dead) -> State {
        let mut state = self.store.load().await;
        state.recall(&self.own.lock().unwrap_or_else(PoisonError::into_inner));
        state.held = state.held.filter(|held| !dead.is(held.token()));
        state
    }

    async fn keep(&self, state: State, lease: &Lease) {
        self.store.save(&state, lease).await;
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = state;
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
        let retry_in = failure.still_blocks(spare, now).filter(|_| self.remembers);
        if retry_in.is_none() && !waited_for {
            return None;
        }
        let age = now.saturating_duration_since(failure.at());
        let retry_in = retry_in.unwrap_or_default();
        Some(TokenError::Remembered { failure: failure.clone(), age, retry_in })
    }

    /// Counts this login, or says when there is room for it.
    fn room(&self, state: &mut State, lease: &Lease) -> Option<TokenError> {
        let now = Moment::now().wall;
        // Of another host's clock a login may be yet to come; of a clock that was wrong it is none.
        let latest = now.saturating_add(CLOCKS_DIFFER);
        state
            .logins
            .retain(|login| *login <= latest && now.saturating_duration_since(*login) < HOUR);
        let full = state.logins.len() >= self.cap as usize;
        if let Some(oldest) = state.logins.first().filter(|_| full) {
            let retry_in = oldest.saturating_add(HOUR).saturating_duration_since(now);
            return Some(TokenError::Cap { cap: self.cap, retry_in });
        }
        state.logins.push(now);
        self.store.begin(lease, now);
        None
    }

    async fn log_in(
        &self,
        state: &mut State,
        best: &Option<Arc<Held>>,
    ) -> Result<Arc<Held>, LoginError> {
        match best.as_ref().map(|held| held.time_left(BootTime::now()).as_secs()) {
            None => info!("logging in: no token is at hand"),
            Some(0) => info!("logging in: the token at hand has ended"),
            Some(left) => info!("logging in: the token at hand is good for {left} s only"),
        }
        let further = state.further.then(|| self.login.further()).flatten();
        let login = further.as_ref().unwrap_or(&self.login);
        match login.obtain(&self.transport, || Moment::now().wall).await {
            Ok(logged_in) => {
                state.further = logged_in.resolution().is_further_attempt();
                let token = logged_in.into_token();
                let token = match self.token_lifetime {
                    Some(lifetime) => token.lifetime(lifetime),
                    None => token,
                };
                let held = Arc::new(Held::new(token, Moment::now()));
                state.held = Some(Arc::clone(&held));
                state.failure = None;
                Ok(held)
            }
            Err(error) => {
                let now = Moment::now().wall;
                state.failure = Some(Failure::new(&error, now, state.failure.as_ref()));
                state.further = false;
                Err(error)
            }
        }
    }
}

impl Renew for Renewal {
    async fn run(&self, min_ttl: Duration, at_hand: Option<Arc<Held>>, dead: &Dead) -> Renewed {
        let mut best = at_hand.filter(|held| !dead.is(held.token()));
        let state = self.load(dead).await;
        if let Some(held) = good(&state, min_ttl, &mut best) {
            return Ok(held);
        }
        let before = state.failure;
        if let Some(error) = self.remembered(before.as_ref(), before.as_ref(), &best) {
            return still_good(best, dead, error);
        }
        let lease = self.store.lease().await;
        let mut state = self.load(dead).await;
        state.count(lease.begun());
        if let Some(held) = good(&state, min_ttl, &mut best) {
            info!("another process has logged in: its token is used");
            return Ok(held);
        }
        if let Some(error) = self.remembered(state.failure.as_ref(), before.as_ref(), &best) {
            return still_good(best, dead, error);
        }
        let result = match self.room(&mut state, &lease) {
            Some(full) => Err(full),
            None => self.log_in(&mut state, &best).await.map_err(TokenError::Login),
        };
        self.keep(state, &lease).await;
        if result.is_err() {
            // Whoever was stopped for long may find that others had more luck.
            let _ = good(&self.load(dead).await, min_ttl, &mut best);
        }
        result.or_else(|error| still_good(best, dead, error))
    }
}

/// The kept token, if it is good for long enough. If not, the better of it and `best` is `best`.
fn good(state: &State, min_ttl: Duration, best: &mut Option<Arc<Held>>) -> Option<Arc<Held>> {
    let now = BootTime::now();
    let held = state.held.as_ref()?;
    if best.as_ref().is_none_or(|best| best.time_left(now) < held.time_left(now)) {
        *best = Some(Arc::clone(held));
    }
    held.is_good_for(min_ttl, now).then(|| Arc::clone(held))
}

/// A token that is good for less than was asked for is better than none.
fn still_good(best: Option<Arc<Held>>, dead: &Dead, error: TokenError) -> Renewed {
    let now = BootTime::now();
    let Some(held) = best.filter(|held| held.is_good(now) && !dead.is(held.token())) else {
        return Err(Arc::new(error));
    };
    let left = held.time_left(now);
    match &error {
        // It was told when it happened.
        TokenError::Remembered { .. } => debug!("the token is good for {left:?} yet: {error}"),
        error => warn!("the token was not renewed, and is still good for {left:?}: {error}"),
    }
    Ok(held)
}

/// Salesforce blocks a user for an hour after 3,600.
const HOURLY_CAP: u32 = 120;

const HOUR: Duration = Duration::from_secs(60 * 60);
