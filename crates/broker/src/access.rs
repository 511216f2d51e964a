use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;

use crate::Peer;

/// The users that may get the tokens of a profile, in addition to the owner of the broker and root.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Access {
    users: BTreeSet<u32>,
    groups: BTreeSet<u32>,
}

impl Access {
    /// Resolves names or numbers of users and groups of this machine, as `/etc/passwd` and
    /// `/etc/group` list them. A member of a group has access even if it runs as another group.
    ///
    /// An unknown name grants nothing, and is returned as an error.
    pub fn resolve(users: &[String], groups: &[String]) -> (Self, Vec<AccountsError>) {
        if users.is_empty() && groups.is_empty() {
            return (Self::default(), Vec::new());
        }
        let [passwd, group] =
            ACCOUNT_FILES.map(|path| fs::read_to_string(path).unwrap_or_default());
        Self::resolve_in(&passwd, &group, users, groups)
    }

    fn resolve_in(
        passwd: &str,
        group: &str,
        users: &[impl AsRef<str>],
        groups: &[impl AsRef<str>],
    ) -> (Self, Vec<AccountsError>) {
        let (mut access, mut errors) = (Self::default(), Vec::new());
        let user = |name: &str| {
            let known = accounts(passwd).find(|(known, ..)| *known == name).map(|(_, id, _)| id);
            known.or_else(|| name.parse().ok())
        };
        for name in users.iter().map(AsRef::as_ref) {
            match user(name) {
                Some(user) => drop(access.users.insert(user)),
                None => errors.push(AccountsError::User { name: name.to_owned() }),
            }
        }
        for name in groups.iter().map(AsRef::as_ref) {
            let number = name.parse().ok();
            let known =
                accounts(group).find(|(known, id, _)| *known == name || Some(*id) == number);
            match known.map(|(_, id, members)| (id, members)).or_else(|| number.map(|id| (id, "")))
            {
                Some((group, members)) => {
                    access.groups.insert(group);
                    let members = members.split(',').filter(|name| !name.is_empty());
                    access.users.extend(members.filter_map(user));
                }
                None => errors.push(AccountsError::Group { name: name.to_owned() }),
            }
        }
        (access, errors)
    }

    /// Whether users other than the owner and root have access.
    pub fn is_shared(&self) -> bool {
        !self.users.is_empty() || !self.groups.is_empty()
    }

    /// A peer on TCP has sent the bearer token instead.
    pub(crate) fn allows(&self, peer: Peer, owner: u32) -> bool {
        match peer {
            Peer::Loopback => true,
            Peer::User { uid, gid, .. } => {
                peer.is_owner_or_root(owner)
                    || self.users.contains(&uid)
                    || self.groups.contains(&gid)
            }
        }
    }
}

/// Returns name, id and fourth field (the members of a group) of each valid line.
fn accounts(file: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    file.lines().filter_map(|line| {
        let mut fields = line.splitn(4, ':');
        Some((fields.next()?, fields.nth(1)?.parse().ok()?, fields.next()?))
    })
}

/// An unknown user or group.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// An unknown group in `allow_groups`.
    #[error("there is no group `{}` on this machine", redact::name(name))]
    Group {
        /// The name as it was written.
        name: String,
    },
    /// An unknown user in `allow_users`.
    #[error("there is no user `{}` on this machine", redact::name(name))]
    User {
        /// The name as it was written.
        name: String,
    },
}

impl Diagnostic for AccountsError {
    fn code(&self) -> &str {
        match self {
            Self::Group { .. } => "settings.allow_groups",
            Self::User { .. } => "settings.allow_users",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Group { .. } => "correct `allow_groups`, or give the number of the group".into(),
            Self::User { .. } => "correct `allow_users`, or give the number of the user".into(),
        })
    }
}

pub(crate) const ACCOUNT_FILES: [&str; 2] = ["/etc/passwd", "/etc/group"];

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/bash
orgtoken:x:900:900::/nonexistent:/usr/sbin/nologin
web:x:1001:1001::/srv/web:/bin/sh
job:x:1002:1002::/srv/job:/bin/sh
broken line
:x:1003:1003::/:/bin/sh
";
    const GROUP: &str = "root:x:0:\nweb:x:1001:\nbatch:x:2000:job,gone\n\nbroken\n";

    fn user(uid: u32, gid: u32) -> Peer {
        Peer::User { uid, gid, pid: None }
    }

    #[test]
    fn owner_root_and_allowed_users_may_connect() {
        let access = |users: &[&str], groups: &[&str]| {
            let access = Access::resolve_in(PASSWD, GROUP, users, groups);
            assert_eq!(access.1, []);
            access.0
        };
        for (name, access, peer, allowed) in [
            ("the owner", access(&[], &[]), user(900, 900), true),
            ("root", access(&[], &[]), user(0, 0), true),
            ("another user", access(&[], &[]), user(1001, 1001), false),
            ("a user by name", access(&["web"], &[]), user(1001, 5), true),
            ("a user by number", access(&["1001"], &[]), user(1001, 5), true),
            ("another than the named", access(&["web"], &[]), user(1002, 1002), false),
            ("the group it runs under", access(&[], &["batch"]), user(3000, 2000), true),
            ("a member of the group", access(&[], &["batch"]), user(1002, 1002), true),
            ("a member by the group's number", access(&[], &["2000"]), user(1002, 1002), true),
            ("no member", access(&[], &["batch"]), user(1001, 1001), false),
            ("a user without a name", access(&[], &["web"]), user(1003, 1003), false),
            ("a bearer on TCP", access(&[], &[]), Peer::Loopback, true),
        ] {
            assert_eq!(access.allows(peer, 900), allowed, "{name}");
        }
    }

    #[test]
    fn unknown_name_grants_nothing_and_keeps_other_access() {
        let (access, errors) = Access::resolve_in(PASSWD, GROUP, &["gone", "web"], &["nogroup"]);
        assert_eq!(errors[0].to_string(), "there is no user `gone` on this machine");
        assert_eq!(errors[1].code(), "settings.allow_groups");
        assert!(access.allows(user(1001, 5), 900));
        assert!(!access.allows(user(1002, 5), 900));
    }
}
