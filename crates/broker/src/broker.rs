use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use arc_swap::ArcSwap;
use http::StatusCode;
use orgtoken_assertion::UnixTime;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::answer::{self, Answer};
use crate::audit::AuditSink;
use crate::limits::{Rates, Seats};
use crate::metrics::{Metrics, Now};
use crate::{Grant, Limits, Listener, Profiles, connection, ticker};

/// Hands out tokens to whoever passes the gates. Cheap to clone; all clones are one broker.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
    ending: watch::Sender<bool>,
}

impl Broker {
    /// * `profiles`: what clients can ask for
    /// * `limits`: how much it takes on
    /// * `clock`: the wall clock
    pub fn new(
        profiles: Profiles,
        limits: Limits,
        clock: impl Fn() -> UnixTime + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            profiles: ArcSwap::from_pointee(profiles),
            limits,
            clock: Box::new(clock),
            owner: rustix::process::geteuid().as_raw(),
            audit: None,
            names_profiles: false,
            is_degraded: AtomicBool::new(false),
            is_kept: AtomicBool::new(false),
            metrics: Metrics::default(),
            rates: Rates::default(),
            seats: Arc::default(),
        };
        Self { shared: Arc::new(shared), ending: watch::Sender::new(false) }
    }

    /// Writes a line for each grant; none unless told. Before [`Broker::serve`].
    #[must_use]
    pub fn audit(self, sink: impl Fn(&Grant) + Send + Sync + 'static) -> Self {
        self.set(|shared| shared.audit = Some(Arc::new(sink)))
    }

    /// Names profiles in `/metrics`, which everyone who can reach the broker can read; not unless
    /// told. Before [`Broker::serve`].
    #[must_use]
    pub fn name_profiles(self) -> Self {
        self.set(|shared| shared.names_profiles = true)
    }

    /// Takes requests that come in at `listener` until [`Broker::drain`] is called. A broker can
    /// listen in several places at once, and in several runtimes ([`Listener::try_clone`]).
    pub fn serve(self, listener: Listener) -> impl Future<Output = ()> + Send + 'static {
        // It counts from now on: `drain` waits for a listener that no task has come to yet.
        let (shared, ending) = (self.shared, self.ending.subscribe());
        async move {
            if !shared.is_kept.swap(true, Relaxed) {
                tokio::spawn(ticker::run(Arc::clone(&shared), ending.clone()));
            }
            connection::accept_loop(shared, listener, ending).await;
        }
    }

    /// Takes other profiles in place of those that there are. A source of tokens that is in both
    /// keeps its token.
    pub fn reload(&self, profiles: Profiles) {
        self.shared.profiles.store(Arc::new(profiles));
        self.shared.is_degraded.store(false, Relaxed);
    }

    /// Says in `/healthz` and `/metrics` that the settings cannot be read anew, and goes on with
    /// those it has.
    pub fn degrade(&self) {
        self.shared.is_degraded.store(true, Relaxed);
    }

    /// Takes no further connection, lets requests under way have their answer for as long as
    /// [`Limits::drain`] says, and cuts what is left.
    pub async fn drain(self) {
        self.ending.send_replace(true);
        if timeout(self.shared.limits.drain, self.ending.closed()).await.is_err() {
            self.shared.seats.cut_all();
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            change(shared);
        }
        self
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { limits, profiles, .. } = &*self.shared;
        f.debug_struct("Broker")
            .field("profiles", profiles)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Shared {
    pub(crate) profiles: ArcSwap<Profiles>,
    pub(crate) limits: Limits,
    pub(crate) clock: Box<dyn Fn() -> UnixTime + Send + Sync>,
    /// The broker's own user.
    pub(crate) owner: u32,
    pub(crate) audit: Option<AuditSink>,
    names_profiles: bool,
    is_degraded: AtomicBool,
    is_kept: AtomicBool,
    pub(crate) metrics: Metrics,
    pub(crate) rates: Rates,
    pub(crate) seats: Arc<Seats>,
}

impl Shared {
    pub(crate) fn logged_in(&self, is_new: bool) {
        if is_new {
            self.metrics.logins.fetch_add(1, Relaxed);
        }
    }

    /// Gate 9: no token, user or key id.
    pub(crate) fn health(&self) -> Answer {
        let now = self.now();
        let status = if now.degraded { "degraded" } else { "ok" };
        let seconds_to_expiry = now.left.map(|left| left.as_secs());
        answer::json(StatusCode::OK, &Health { status, seconds_to_expiry })
    }

    pub(crate) fn metrics_text(&self) -> String {
        self.metrics.text(&self.now())
    }

    fn now(&self) -> Now {
        let profiles = self.profiles.load();
        let lefts = profiles.iter().filter_map(|profile| Some((profile.name(), profile.left()?)));
        let lefts: Vec<_> = lefts.map(|(name, left)| (Arc::clone(name), left)).collect();
        Now {
            connections: self.seats.count(),
            degraded: self.is_degraded.load(Relaxed),
            left: lefts.iter().map(|&(_, left)| left).min(),
            of_profiles: if self.names_profiles { lefts } else { Vec::new() },
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    seconds_to_expiry: Option<u64>,
}

#[cfg(test)]
mod tests;
