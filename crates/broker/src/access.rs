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
        Self::resolve_in(&Accounts::parse(&passwd, &group), users, groups)
    }

    fn resolve_in(
        accounts: &Accounts,
        users: &[impl AsRef<str>],
        groups: &[impl AsRef<str>],
    ) -> (Self, Vec<AccountsError>) {
        let (mut access, mut errors) = (Self::default(), Vec::new());
        for name in users {
            match accounts.user(name.as_ref()) {
                Ok(user) => drop(access.users.insert(user)),
                Err(error) => errors.push(error),
            }
        }
        for name in groups {
            match accounts.group(name.as_ref()) {
                Ok((group, members)) => {
                    access.groups.insert(group);
                    access.users.extend(members);
                }
                Err(error) => errors.push(error),
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

/// The users and groups of this machine.
#[derive(Clone, Debug, Default)]
struct Accounts {
    users: Vec<(String, u32)>,
    groups: Vec<(String, u32, Vec<String>)>,
}

impl Accounts {
    /// Parses the two files; invalid lines are skipped.
    fn parse(passwd: &str, group: &str) -> Self {
        let users = passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
        });
        let groups = group.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let (name, id) = (fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?);
            let members = fields.next()?.split(',').filter(|name| !name.is_empty());
            Some((name, id, members.map(str::to_owned).collect()))
        });
        Self { users: users.collect(), groups: groups.collect() }
    }

    fn user(&self, name: &str) -> Result<u32, AccountsError> {
        let known = self.users.iter().find(|(known, _)| known == name).map(|&(_, id)| id);
        known
            .or_else(|| name.parse().ok())
            .ok_or_else(|| AccountsError::User { name: name.to_owned() })
    }

    /// Returns the id of a group, and the ids of its members that are users of this machine.
    fn group(&self, name: &str) -> Result<(u32, Vec<u32>), AccountsError> {
        let number = name.parse().ok();
        let known = |(known, id, _): &&(String, u32, _)| known == name || Some(*id) == number;
        let Some((_, id, members)) = self.groups.iter().find(known) else {
            let unknown = || AccountsError::Group { name: name.to_owned() };
            return Ok((number.ok_or_else(unknown)?, Vec::new()));
        };
        Ok((*id, members.iter().filter_map(|name| self.user(name).ok()).collect()))
    }
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
";
    const GROUP: &str = "root:x:0:\nweb:x:1001:\nbatch:x:2000:job,gone\n\nbroken\n";

    fn user(uid: u32, gid: u32) -> Peer {
        Peer::User { uid, gid, pid: None }
    }

    #[test]
    fn owner_root_and_allowed_users_may_connect() {
        let accounts = Accounts::parse(PASSWD, GROUP);
        let access = |users: &[&str], groups: &[&str]| {
            let access = Access::resolve_in(&accounts, users, groups);
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
            ("a bearer on TCP", access(&[], &[]), Peer::Loopback, true),
        ] {
            assert_eq!(access.allows(peer, 900), allowed, "{name}");
        }
    }

    #[test]
    fn unknown_name_grants_nothing_and_keeps_other_access() {
        let accounts = Accounts::parse(PASSWD, GROUP);
        let (access, errors) = Access::resolve_in(&accounts, &["gone", "web"], &["nogroup"]);
        assert_eq!(errors[0].to_string(), "there is no user `gone` on this machine");
        assert_eq!(errors[1].code(), "settings.allow_groups");
        assert!(access.allows(user(1001, 5), 900));
        assert!(!access.allows(user(1002, 5), 900));
    }
}
