//! Counters and gauges for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, StatusCode};

use crate::call_rules::METHODS;
use crate::limits::lock;

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) logins: AtomicU64,
    pub(crate) audit_dropped: AtomicU64,
    gates: [AtomicU64; 9],
    refusals: Mutex<BTreeMap<String, u64>>,
    calls: Mutex<BTreeMap<CallKey, Calls>>,
}

/// The profile, the method and the status (0 for none) of calls.
type CallKey = (Arc<str>, &'static str, u16);

#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    number: u64,
    sent: u64,
    received: u64,
}

/// The current state, for gauges.
pub(crate) struct Now {
    pub(crate) connections: usize,
    /// Profiles whose settings cannot be read.
    pub(crate) degraded: Arc<Vec<String>>,
    /// Time to the earliest expiry of a token.
    pub(crate) left: Option<Duration>,
    /// The same for each profile, if profiles may be named.
    pub(crate) of_profiles: Vec<(Arc<str>, Duration)>,
}

impl Metrics {
    /// Counts a request that `gate` (1 to 9) rejected.
    pub(crate) fn rejected(&self, gate: u8) {
        let gate = usize::from(gate).checked_sub(1);
        if let Some(counter) = gate.and_then(|gate| self.gates.get(gate)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts a login without a token. The number of codes is limited, since a server could invent
    /// them.
    pub(crate) fn refused(&self, code: &str) {
        let mut refusals = lock(&self.refusals);
        let known = refusals.contains_key(code) || refusals.len() < CODES;
        let code = if known { code } else { "other" };
        *refusals.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts a call that was forwarded.
    pub(crate) fn called(
        &self,
        profile: &Arc<str>,
        method: &Method,
        status: Option<StatusCode>,
        (sent, received): (u64, u64),
    ) {
        let method = METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        let status = status.map_or(0, |status| status.as_u16());
        let mut calls = lock(&self.calls);
        let calls = calls.entry((Arc::clone(profile), method, status)).or_default();
        calls.number += 1;
        calls.sent += sent;
        calls.received += received;
    }

    /// Returns the metrics in the text format of Prometheus.
    pub(crate) fn text(&self, now: &Now, names_profiles: bool) -> String {
        let mut out = String::with_capacity(2048);
        let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, u64)>| {
            let name = format!("orgtoken_{name}");
            // Writing to a `String` does not fail.
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (labels, value) in samples {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let one = |value: u64| vec![(String::new(), value)];
        let counted =
            |name: &str, value: &str, count: &AtomicU64| (label(name, value), count.load(Relaxed));

        let served = [("true", &self.hits), ("false", &self.misses)];
        let served = served.map(|(hit, count)| counted("hit", hit, count));
        family("tokens_served_total", "counter", "Tokens handed out.", served.into());
        let logins = self.logins.load(Relaxed);
        family(
            "logins_total",
            "counter",
            "New tokens, from the org or a shared cache.",
            one(logins),
        );
        let refusals: Vec<_> = lock(&self.refusals)
            .iter()
            .map(|(code, count)| (label("code", code), *count))
            .collect();
        family("refusals_total", "counter", "Failed logins.", refusals);
        let gates = (1..).zip(&self.gates);
        let gates = gates.map(|(gate, count)| counted("gate", &format!("{gate}"), count)).collect();
        family("turned_away_total", "counter", "Requests rejected by a gate.", gates);
        let (mut number, mut bytes) = (BTreeMap::new(), BTreeMap::new());
        for ((profile, method, status), calls) in lock(&self.calls).iter() {
            let profile =
                if names_profiles { pair("profile", profile) + "," } else { String::new() };
            let status = if *status == 0 { "none".to_owned() } else { status.to_string() };
            let (method, status) = (pair("method", method), pair("status", &status));
            *number.entry(format!("{{{profile}{method},{status}}}")).or_default() += calls.number;
            for (direction, count) in [("received", calls.received), ("sent", calls.sent)] {
                let direction = pair("direction", direction);
                *bytes.entry(format!("{{{profile}{direction}}}")).or_default() += count;
            }
        }
        let [number, bytes] = [number, bytes].map(|samples| samples.into_iter().collect());
        family("calls_total", "counter", "Forwarded API calls.", number);
        family("call_bytes_total", "counter", "Bodies of forwarded API calls.", bytes);
        let help = "Audit lines dropped because the log did not keep up.";
        family("audit_dropped_total", "counter", help, one(self.audit_dropped.load(Relaxed)));
        family("connections", "gauge", "Connections open now.", one(now.connections as u64));
        let degraded = u64::from(!now.degraded.is_empty());
        family("degraded", "gauge", "1 if settings cannot be read.", one(degraded));
        let all = now.left.iter().map(|left| (String::new(), left.as_secs()));
        let each =
            now.of_profiles.iter().map(|(name, left)| (label("profile", name), left.as_secs()));
        let help = "Seconds to the earliest expiry of a token.";
        family("token_expiry_seconds", "gauge", help, all.chain(each).collect());
        out
    }
}

fn label(name: &str, value: &str) -> String {
    format!("{{{}}}", pair(name, value))
}

fn pair(name: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}

const CODES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_name_no_profile_by_default() {
        let metrics = Metrics::default();
        metrics.hits.store(7, Relaxed);
        metrics.rejected(5);
        metrics.refused("invalid_grant");
        let mut now = Now {
            connections: 2,
            degraded: Arc::default(),
            left: Some(Duration::from_secs(540)),
            of_profiles: Vec::new(),
        };
        metrics.called(&"acme".into(), &Method::GET, Some(StatusCode::OK), (0, 512));
        metrics.called(&"other".into(), &Method::GET, Some(StatusCode::OK), (7, 0));
        let text = metrics.text(&now, false);
        for line in [
            "# TYPE orgtoken_tokens_served_total counter",
            "orgtoken_tokens_served_total{hit=\"true\"} 7",
            "orgtoken_refusals_total{code=\"invalid_grant\"} 1",
            "orgtoken_turned_away_total{gate=\"5\"} 1",
            "orgtoken_calls_total{method=\"GET\",status=\"200\"} 2",
            "orgtoken_call_bytes_total{direction=\"received\"} 512",
            "orgtoken_call_bytes_total{direction=\"sent\"} 7",
            "orgtoken_connections 2",
            "orgtoken_token_expiry_seconds 540",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in {text}");
        }
        assert!(!text.contains("profile") && !text.contains("acme"));
        let call = "orgtoken_calls_total{profile=\"acme\",method=\"GET\",status=\"200\"} 1\n";
        assert!(metrics.text(&now, true).contains(call));

        now.of_profiles.push(("acme \"1\"".into(), Duration::from_secs(540)));
        let named = "orgtoken_token_expiry_seconds{profile=\"acme \\\"1\\\"\"} 540\n";
        assert!(metrics.text(&now, true).contains(named));
    }

    #[test]
    fn invented_codes_fill_no_memory() {
        let metrics = Metrics::default();
        (0..1000).for_each(|number| metrics.refused(&format!("code_{number}")));
        assert_eq!(lock(&metrics.refusals).len(), CODES + 1);
        assert_eq!(lock(&metrics.refusals)["other"], 1000 - CODES as u64);
    }
}
