//! Gate 9: every grant and every call is logged.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};
use orgtoken_assertion::UnixTime;

use crate::Peer;

/// A line of the audit log: a token that was handed out, or a call that was forwarded.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuditLine {
    /// The time of the grant, or of the end of the call.
    pub at: UnixTime,
    /// The process that got the token or made the call.
    pub peer: Peer,
    /// The profile whose token it is.
    pub profile: Arc<str>,
    /// What happened.
    pub event: AuditEvent,
}

/// The event of an [`AuditLine`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A call was forwarded to the org. Its path and query are left out, since they may contain
    /// personal data.
    Call {
        /// The method of the request.
        method: Method,
        /// The status of the response; `None` if the caller disconnected before it.
        status: Option<StatusCode>,
        /// The length of the body that the caller sent, in bytes.
        sent: u64,
        /// The length of the body that the caller received, in bytes.
        received: u64,
    },
    /// A token was handed out.
    Grant {
        /// Whether the token was in memory. Otherwise it came from a login or a shared cache.
        hit: bool,
    },
}

/// `grant uid=1001 pid=4242 profile=acme hit=true`, or
/// `call uid=1001 pid=4242 profile=acme method=GET status=200 sent=0 received=512`, with `status=-`
/// if there is none.
impl fmt::Display for AuditLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (peer, profile) = (self.peer, Name(&self.profile));
        match &self.event {
            AuditEvent::Call { method, status, sent, received } => {
                let status = status.as_ref().map_or("-", StatusCode::as_str);
                write!(
                    f,
                    "call {peer} profile={profile} method={method} status={status} sent={sent} \
                     received={received}"
                )
            }
            AuditEvent::Grant { hit } => write!(f, "grant {peer} profile={profile} hit={hit}"),
        }
    }
}

/// A name with other characters than letters, digits and `-_.@+` is quoted and escaped, so that it
/// cannot forge a line or a field.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+".contains(c);
        if self.0.chars().all(is_plain) { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}

/// Writes an audit line; returns whether it was written.
pub(crate) type AuditSink = Box<dyn Fn(&AuditLine) -> bool + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_name_cannot_forge_an_audit_line() {
        let line = |name: &str| {
            let peer = Peer::User { uid: 1001, gid: 1001, pid: Some(42) };
            let at = UnixTime::from_secs(1);
            let event = AuditEvent::Grant { hit: true };
            AuditLine { at, peer, profile: name.into(), event }.to_string()
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
