//! Gate 9: every grant and every call is logged.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};
use orgtoken_assertion::UnixTime;

use crate::Peer;

/// A line of the audit log.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AuditLine {
    /// A call was forwarded.
    Call(Call),
    /// A token was handed out.
    Grant(Grant),
}

impl AuditLine {
    /// The time of the grant, or of the end of the call.
    pub fn at(&self) -> UnixTime {
        match self {
            Self::Call(call) => call.at,
            Self::Grant(grant) => grant.at,
        }
    }
}

impl fmt::Display for AuditLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.fmt(f),
            Self::Grant(grant) => grant.fmt(f),
        }
    }
}

/// A call that was forwarded to the org of a profile. Its path and query are left out, since they
/// may contain personal data.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The time of its end.
    pub at: UnixTime,
    /// The process that made it.
    pub peer: Peer,
    /// The profile whose token was used.
    pub profile: Arc<str>,
    /// The method of the request.
    pub method: Method,
    /// The status of the response; `None` if the caller disconnected before it.
    pub status: Option<StatusCode>,
    /// The length of the body that the caller sent, in bytes.
    pub sent: u64,
    /// The length of the body that the caller received, in bytes.
    pub received: u64,
}

/// `call uid=1001 pid=4242 profile=acme method=GET status=200 sent=0 received=512`, with `status=-`
/// if there is none.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, profile, method, status, sent, received, .. } = self;
        write!(f, "call {peer} profile={} method={method} status=", Name(profile))?;
        match status {
            Some(status) => write!(f, "{}", status.as_u16())?,
            None => f.write_str("-")?,
        }
        write!(f, " sent={sent} received={received}")
    }
}

/// A grant: a peer got the token of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Grant {
    /// The time of the grant.
    pub at: UnixTime,
    /// The process that got the token.
    pub peer: Peer,
    /// The profile whose token it is.
    pub profile: Arc<str>,
    /// Whether the token was in memory. Otherwise it came from a login or a shared cache.
    pub hit: bool,
}

/// `grant uid=1001 pid=4242 profile=acme hit=true`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, profile, hit, .. } = self;
        write!(f, "grant {peer} profile={} hit={hit}", Name(profile))
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
