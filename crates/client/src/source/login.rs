use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use orgtoken_oauth::Step;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tracing::debug;

use super::renewal::{Dead, Outcome, Renewal};
use super::{HeldToken, TokenError, TokenSource};
use crate::{BootTime, Held, Login, MemoryStore, Store, Transport, Work};

/// A source of tokens that logs in itself, as seldom as can be.
///
/// Any number of tasks may share it; clones are cheap and are the same source. With a store that
/// other processes or hosts share, they share its tokens, too.
///
/// A token is renewed in the background ahead of its end. A failed renewal never takes away a
/// token that is still good.
#[derive(Clone)]
pub struct LoginSource(Arc<Inner>);

pub(super) struct Inner {
    current: ArcSwapOption<Held>,
    /// Whoever has it renews; it keeps what the last attempt came to, for those who waited.
    turn: Mutex<Option<Outcome>>,
    dead: Dead,
    renewing: AtomicBool,
    renewal: Renewal,
}

impl LoginSource {
    /// Logs in as `login` says, over `transport`, and keeps the token in this process.
    pub fn new(login: Login, transport: Transport) -> Self {
        Self::with_store(login, transport, MemoryStore::default())
    }

    /// Logs in as `login` says, over `transport`, and keeps the token in `store`.
    pub fn with_store(login: Login, transport: Transport, store: impl Store + 'static) -> Self {
        Self(Arc::new(Inner {
            current: ArcSwapOption::empty(),
            turn: Mutex::default(),
            dead: Dead::default(),
            renewing: AtomicBool::new(false),
            renewal: Renewal::new(login, transport, Box::new(store)),
        }))
    }

    /// Asks Salesforce even if a refusal is remembered, for somebody who has just mended something.
    #[must_use]
    pub fn ask_anew(self) -> Self {
        self.adjusted(Renewal::ask_anew)
    }

    /// How long a token is taken to live, 10 minutes unless told
    /// ([`Token::DEFAULT_LIFETIME`](orgtoken_oauth::Token::DEFAULT_LIFETIME)).
    #[must_use]
    pub fn token_lifetime(self, lifetime: Duration) -> Self {
        self.adjusted(|renewal| renewal.token_lifetime = Some(lifetime))
    }

    /// How many logins an hour there may be at the most, 120 unless told. Salesforce blocks a user
    /// after 3,600.
    #[must_use]
    pub fn hourly_cap(self, cap: u32) -> Self {
        self.adjusted(|renewal| renewal.cap = cap)
    }

    fn adjusted(mut self, adjust: impl FnOnce(&mut Renewal)) -> Self {
        let inner = Arc::get_mut(&mut self.0).expect("a source is adjusted before it is shared");
        adjust(&mut inner.renewal);
        self
    }
}

impl TokenSource for LoginSource {
    fn cached(&self, min_ttl: Duration) -> Option<HeldToken> {
        HeldToken::of(self.0.current.load())
            .filter(|held| held.is_good_for(min_ttl, BootTime::now()))
    }

    fn renew(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>> {
        Box::pin(self.0.renew(min_ttl))
    }

    fn token(&self, min_ttl: Duration) -> Work<'_, Result<HeldToken, Arc<TokenError>>> {
        let Some(held) = self.cached(min_ttl) else { return self.renew(min_ttl) };
        if held.step(min_ttl, BootTime::now()) == Step::ServeAndRenew {
            self.0.renew_ahead(&held);
        }
        Box::pin(std::future::ready(Ok(held)))
    }

    fn invalidate(&self, token: &HeldToken) {
        self.0.dead.bury(token.token());
        let current = self.0.current.load();
        if current.as_ref().is_some_and(|current| self.0.dead.is(current.token())) {
            debug!("the token was refused: it is dropped");
            self.0.current.compare_and_swap(&current, None);
        }
    }
}

impl Inner {
    /// One caller at a time gets past the lock; those behind it find what it left.
    async fn renew(&self, min_ttl: Duration) -> Result<HeldToken, Arc<TokenError>> {
        let asked = BootTime::now();
        let mut turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => match self.spare(asked) {
                Some(held) => return Ok(held),
                None => self.turn.lock().await,
            },
        };
        if let Some(outcome) = turn.as_ref().filter(|outcome| outcome.came_after(asked)) {
            if let Some(error) = &outcome.error {
                return Err(Arc::clone(error));
            }
            if let Some(held) = HeldToken::of(self.current.load()) {
                return Ok(held);
            }
        }
        let at_hand = self.current.load_full();
        let result = self.renewal.run(min_ttl, at_hand, &self.dead).await;
        if let Ok(held) = &result {
            self.current.store(Some(Arc::clone(held)));
        }
        *turn = Some(Outcome { at: BootTime::now(), error: result.as_ref().err().cloned() });
        result.map(HeldToken::from)
    }

    /// The token at hand, for those who would have to wait for a better one.
    fn spare(&self, now: BootTime) -> Option<HeldToken> {
        HeldToken::of(self.current.load()).filter(|held| held.is_good(now))
    }

    /// Starts a renewal in the background if none is under way.
    fn renew_ahead(self: &Arc<Self>, held: &Held) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.renewing.swap(true, Ordering::AcqRel) {
            return;
        }
        // Only a token that outlives this one is better.
        let more = held.time_left(BootTime::now()).saturating_add(Duration::from_secs(1));
        let inner = Arc::clone(self);
        runtime.spawn(async move {
            debug!("the token is renewed ahead of its end");
            // If it failed, the token at hand is still good, and the next caller tries again.
            let _ = inner.renew(more).await;
            inner.renewing.store(false, Ordering::Release);
        });
    }
}

impl fmt::Debug for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginSource").field("current", &self.0.current).finish_non_exhaustive()
    }
}
