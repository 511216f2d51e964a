//! Gate 9: what was granted is written down.

use std::fmt;
use std::sync::{Arc, Mutex};

use orgtoken_assertion::UnixTime;

use crate::Peer;
use crate::limits::lock;

/// A line of the audit: who had whose token.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Grant {
    /// When.
    pub at: UnixTime,
    /// Who.
    pub peer: Peer,
    /// Whose token.
    pub profile: Arc<str>,
    /// Whether it was at hand.
    pub hit: bool,
    /// How often, on one connection and within one second.
    pub times: u64,
}

/// `grant uid=1001 pid=4242 profile=acme hit=true times=1`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, profile, hit, times, .. } = self;
        write!(f, "grant {peer} profile={profile} hit={hit} times={times}")
    }
}

/// Takes the lines.
pub(crate) type AuditSink = Arc<dyn Fn(&Grant) + Send + Sync>;

/// The grants of one connection. The first is written down at once; more of the same within its
/// second become one line, so that a client in a loop fills no disk.
pub(crate) struct Ledger {
    sink: AuditSink,
    last: Mutex<Option<Grant>>,
}

impl Ledger {
    pub(crate) fn new(sink: AuditSink) -> Self {
        Self { sink, last: Mutex::default() }
    }

    pub(crate) fn granted(&self, at: UnixTime, peer: Peer, profile: &Arc<str>, hit: bool) {
        let mut last = lock(&self.last);
        if let Some(last) = &mut *last
            && last.at == at
            && last.hit == hit
            && Arc::ptr_eq(&last.profile, profile)
        {
            last.times += 1;
            return;
        }
        self.write_down(last.take());
        let mut grant = Grant { at, peer, profile: Arc::clone(profile), hit, times: 1 };
        (self.sink)(&grant);
        grant.times = 0;
        *last = Some(grant);
    }

    fn write_down(&self, more: Option<Grant>) {
        if let Some(more) = more.filter(|more| more.times > 0) {
            (self.sink)(&more);
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let more = lock(&self.last).take();
        self.write_down(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gate_9_every_grant_is_in_a_line_and_a_loop_is_few_lines() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let ledger =
            Ledger::new(Arc::new(move |grant: &Grant| lock(&kept).push(grant.to_string())));
        let peer = Peer::User { uid: 1001, gid: 1001, pid: Some(42) };
        let (acme, other) = ("acme".into(), "other".into());
        for (second, profile, hit) in [
            (1, &acme, false),
            (1, &acme, true),
            (1, &acme, true),
            (1, &acme, true),
            (2, &acme, true),
            (2, &other, true),
        ] {
            ledger.granted(UnixTime::from_secs(second), peer, profile, hit);
        }
        drop(ledger);
        assert_eq!(
            *lock(&lines),
            [
                "grant uid=1001 pid=42 profile=acme hit=false times=1",
                "grant uid=1001 pid=42 profile=acme hit=true times=1",
                "grant uid=1001 pid=42 profile=acme hit=true times=2",
                "grant uid=1001 pid=42 profile=acme hit=true times=1",
                "grant uid=1001 pid=42 profile=other hit=true times=1",
            ]
        );
    }
}
