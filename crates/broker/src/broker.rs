use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use arc_swap::ArcSwap;
use http::StatusCode;
use orgtoken_assertion::UnixTime;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::audit::AuditSink;
use crate::limits::{Connections, Rates};
use crate::metrics::{Metrics, Now};
use crate::response::{self, HttpResponse};
use crate::{
    AuditEvent, AuditLine, Health, HealthStatus, Limits, Listener, Peer, Profiles, connection,
    ticker,
};

/// A token service. Clones are cheap, and all of them are one broker.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
    ending: watch::Sender<bool>,
}

impl Broker {
    /// Starts to configure a broker.
    ///
    /// * `profiles`: the profiles that clients can ask for
    /// * `clock`: the wall clock
    pub fn builder(
        profiles: Profiles,
        clock: impl Fn() -> UnixTime + Send + Sync + 'static,
    ) -> BrokerBuilder {
        BrokerBuilder(Shared {
            profiles: ArcSwap::from_pointee(profiles),
            limits: Limits::default(),
            clock: Box::new(clock),
            owner: rustix::process::geteuid().as_raw(),
            audit: None,
            names_profiles: false,
            degraded: ArcSwap::default(),
            is_ticking: AtomicBool::new(false),
            metrics: Metrics::default(),
            rates: Rates::default(),
            refused_rates: Rates::default(),
            connections: Arc::default(),
            refused_connections: Arc::default(),
        })
    }

    /// Serves requests at `listener` until [`Broker::drain`] is called. A broker can listen at
    /// several addresses and in several runtimes ([`Listener::try_clone`]).
    pub fn serve(self, listener: Listener) -> impl Future<Output = ()> + Send + 'static {
        // Subscribed before the task starts, since `drain` has to wait for it as well.
        let (shared, ending) = (self.shared, self.ending.subscribe());
        async move {
            if !shared.is_ticking.swap(true, Relaxed) {
                tokio::spawn(ticker::run(Arc::clone(&shared), ending.clone()));
            }
            connection::accept_loop(shared, listener, ending).await;
        }
    }

    /// Replaces the profiles. A token source in both keeps its token.
    pub fn reload(&self, profiles: Profiles) {
        self.shared.profiles.store(Arc::new(profiles));
    }

    /// Reports in `/healthz` and `/metrics` that the settings of these profiles cannot be read.
    /// Profiles that were read before stay in use. With no name, the broker is healthy again.
    pub fn set_degraded(&self, names: Vec<String>) {
        self.shared.degraded.store(Arc::new(names));
    }

    /// Accepts no further connection, answers requests in progress for up to [`Limits::drain`],
    /// and closes the rest.
    pub async fn drain(self) {
        self.ending.send_replace(true);
        let _ = timeout(self.shared.limits.drain, self.ending.closed()).await;
    }
}

/// A broker that is being configured.
#[must_use]
pub struct BrokerBuilder(Shared);

impl BrokerBuilder {
    /// Sets the limits; default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    /// Reports each grant and each forwarded call to `sink`, which returns whether the line was
    /// written; default: no audit.
    ///
    /// The client waits during the call, so it must not block: send the line to a bounded channel.
    /// Lines that are not written are counted in `/metrics`.
    pub fn audit(mut self, sink: impl Fn(&AuditLine) -> bool + Send + Sync + 'static) -> Self {
        self.0.audit = Some(Box::new(sink));
        self
    }

    /// Names profiles in `/metrics` and `/healthz`, which everyone with access to the broker can
    /// read; default: no.
    pub fn name_profiles(mut self) -> Self {
        self.0.names_profiles = true;
        self
    }

    /// Finishes the configuration.
    pub fn build(self) -> Broker {
        Broker { shared: Arc::new(self.0), ending: watch::Sender::new(false) }
    }
}

impl fmt::Debug for BrokerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerBuilder").field("limits", &self.0.limits).finish_non_exhaustive()
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
    /// The user that the broker runs as.
    pub(crate) owner: u32,
    pub(crate) audit: Option<AuditSink>,
    names_profiles: bool,
    degraded: ArcSwap<Vec<String>>,
    is_ticking: AtomicBool,
    pub(crate) metrics: Metrics,
    pub(crate) rates: Rates,
    /// Requests that fail a check have their own buckets: on TCP every caller has the same key, and
    /// a caller without the bearer token must not use up the rate of the others.
    pub(crate) refused_rates: Rates,
    pub(crate) connections: Arc<Connections>,
    /// Connections beyond the limit, which get one response.
    pub(crate) refused_connections: Arc<Connections>,
}

impl Shared {
    pub(crate) fn logged_in(&self, is_new: bool) {
        if is_new {
            self.metrics.logins.fetch_add(1, Relaxed);
        }
    }

    /// Gate 9: the response has no token, user or key id. Profiles are named to the owner and root
    /// only, unless [`BrokerBuilder::name_profiles`] is set.
    pub(crate) fn health(&self, peer: Peer) -> HttpResponse {
        let now = self.now();
        let names = self.names_profiles || peer.is_owner_or_root(self.owner);
        let is_ok = now.degraded.is_empty();
        let health = Health {
            status: if is_ok { HealthStatus::Ok } else { HealthStatus::Degraded },
            seconds_to_expiry: now.left.map(|left| left.as_secs()),
            degraded: if names { now.degraded.to_vec() } else { Vec::new() },
        };
        response::json(StatusCode::OK, &health)
    }

    pub(crate) fn metrics_text(&self) -> String {
        self.metrics.text(&self.now(), self.names_profiles)
    }

    /// Logs an event of a profile.
    pub(crate) fn audit(&self, peer: Peer, profile: &Arc<str>, event: AuditEvent) {
        let Some(sink) = &self.audit else { return };
        let line = AuditLine { at: (self.clock)(), peer, profile: Arc::clone(profile), event };
        if !sink(&line) {
            self.metrics.audit_dropped.fetch_add(1, Relaxed);
        }
    }

    fn now(&self) -> Now {
        let profiles = self.profiles.load();
        let lefts =
            profiles.iter().filter_map(|profile| Some((profile.name(), profile.time_left()?)));
        let lefts: Vec<_> = lefts.map(|(name, left)| (Arc::clone(name), left)).collect();
        Now {
            connections: self.connections.count(),
            degraded: self.degraded.load_full(),
            left: lefts.iter().map(|&(_, left)| left).min(),
            of_profiles: if self.names_profiles { lefts } else { Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests;
