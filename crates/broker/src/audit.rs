//! Gate 9: every grant is logged.

use std::fmt;
use std::sync::Arc;

use orgtoken_assertion::UnixTime;

use crate::Peer;

/// A line of the audit log: a peer got the token of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Grant {
    /// The time of the grant.
    pub at: UnixTime,
    /// The process that got the token.
    pub peer: Peer,
    /// The profile whose token it is.
    pub profile: Arc<str>,
    /// Whether the token was cached.
    pub hit: bool,
}

/// `grant uid=1001 pid=4242 profile=acme hit=true`. A name with other characters than letters,
/// digits and `-_.@+` is quoted and escaped, so that it cannot forge a line or a field.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, profile, hit, .. } = self;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+".contains(c);
        if profile.chars().all(is_plain) {
            write!(f, "grant {peer} profile={profile} hit={hit}")
        } else {
            write!(f, "grant {peer} profile={profile:?} hit={hit}")
        }
    }
}

/// Writes a grant; returns whether it was written.
pub(crate) type AuditSink = Box<dyn Fn(&Grant) -> bool + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_name_cannot_forge_an_audit_line() {
        let line = |name: &str| {
            let peer = Peer::User { uid: 1001, gid: 1001, pid: Some(42) };
            let at = UnixTime::from_secs(1);
            Grant { at, peer, profile: name.into(), hit: true }.to_string()
        };
        assert_eq!(line("acme-1"), "grant uid=1001 pid=42 profile=acme-1 hit=true");
        for name in ["a\ngrant uid=0 profile=b", "a hit=false", "\u{1b}[2K", "\u{2028}", "a\"b"] {
            let line = line(name);
            let quoted = line.strip_prefix("grant uid=1001 pid=42 profile=\"").unwrap();
            let quoted = quoted.strip_suffix("\" hit=true").unwrap();
            assert!(!quoted.chars().any(char::is_control), "{line}");
            assert!(!quoted.contains('\u{2028}'), "{line}");
            assert!(!quoted.replace("\\\"", "").contains('"'), "{line}");
        }
    }
}
