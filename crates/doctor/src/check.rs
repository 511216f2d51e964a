use serde::{Serialize, Serializer};

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Check {
    /// Are the settings complete and right, and where are they from?
    Settings,
    /// Does the username look like one of the org?
    Username,
    /// Is there a key that can sign?
    Key,
    /// Does the certificate belong to the key, and how long is it valid?
    Certificate,
    /// Where does the assertion go?
    Endpoint,
    /// For whom is it made?
    Audience,
    /// Is a proxy on the way?
    Proxy,
    /// Whom does this machine trust?
    Roots,
    /// Has the host an address?
    Lookup,
    /// Does it take a connection?
    Connect,
    /// Does it prove who it is, and who vouches for it?
    Tls,
    /// Do the clocks agree?
    Clock,
    /// Does Salesforce grant a token?
    Login,
    /// Is the token for the org that the settings name?
    InstanceUrl,
    /// What may it be used for?
    Scopes,
    /// Whose is it?
    User,
    /// Does the org offer the version of the API that the settings name?
    ApiVersion,
    /// Does a call go through, and how many are left?
    Api,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Settings,
        Self::Username,
        Self::Key,
        Self::Certificate,
        Self::Endpoint,
        Self::Audience,
        Self::Proxy,
        Self::Roots,
        Self::Lookup,
        Self::Connect,
        Self::Tls,
        Self::Clock,
        Self::Login,
        Self::InstanceUrl,
        Self::Scopes,
        Self::User,
        Self::ApiVersion,
        Self::Api,
    ];

    /// A name that stays the same: `instance_url`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Username => "username",
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Endpoint => "endpoint",
            Self::Audience => "audience",
            Self::Proxy => "proxy",
            Self::Roots => "roots",
            Self::Lookup => "dns",
            Self::Connect => "tcp",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Login => "login",
            Self::InstanceUrl => "instance_url",
            Self::Scopes => "scopes",
            Self::User => "user",
            Self::ApiVersion => "api_version",
            Self::Api => "api",
        }
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_listed_in_their_order() {
        assert!(Check::ALL.is_sorted());
    }

    #[test]
    fn the_page_has_a_row_for_each() {
        let page = include_str!("../../../docs/doctor.md");
        let rows: Vec<_> =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let names: Vec<_> = Check::ALL.into_iter().map(Check::name).collect();
        assert!(rows.starts_with(&names), "{rows:?}");
    }
}
