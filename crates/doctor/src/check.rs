use serde::{Serialize, Serializer};

/// Each check once: what it asks, and its name, which stays the same.
macro_rules! checks {
    ($($(#[$doc:meta])* $check:ident = $name:literal,)*) => {
        /// A check. Checks run in this order.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $check,)*
        }

        impl Check {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$check),*];

            /// A name that stays the same: `instance_url`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$check => $name,)*
                }
            }
        }
    };
}

checks! {
    /// Are the settings complete and right, and where are they from?
    Settings = "settings",
    /// Does the username look like one of the org?
    Username = "username",
    /// Is there a key that can sign?
    Key = "key",
    /// Does the certificate belong to the key, and how long is it valid?
    Certificate = "certificate",
    /// Where does the assertion go?
    Endpoint = "endpoint",
    /// For whom is it made?
    Audience = "audience",
    /// Is a proxy on the way?
    Proxy = "proxy",
    /// Which certificate authorities does this machine trust?
    Roots = "roots",
    /// Does the host have an address?
    Lookup = "dns",
    /// Does it accept a connection?
    Connect = "tcp",
    /// Does it prove its identity, and which authority issued its certificate?
    Tls = "tls",
    /// Do the clocks agree?
    Clock = "clock",
    /// Does Salesforce grant a token?
    Login = "login",
    /// Is the token for the org that the settings name?
    InstanceUrl = "instance_url",
    /// Which scopes does the token have?
    Scopes = "scopes",
    /// Whose token is it?
    User = "user",
    /// Does the org offer the API version of the settings?
    ApiVersion = "api_version",
    /// Does a call succeed, and how many are left?
    Api = "api",
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
    fn the_page_has_a_row_for_each() {
        let page = include_str!("../../../docs/doctor.md");
        let rows: Vec<_> =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let names: Vec<_> = Check::ALL.iter().map(|check| check.name()).collect();
        assert!(rows.starts_with(&names), "{rows:?}");
    }
}
