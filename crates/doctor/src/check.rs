use serde::{Serialize, Serializer};

/// Defines all checks with their names.
macro_rules! checks {
    ($($(#[$doc:meta])* $check:ident = $name:literal,)*) => {
        /// A check. Checks run in this order.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $check,)*
        }

        impl Check {
            /// All checks, in order.
            pub const ALL: &[Self] = &[$(Self::$check),*];

            /// Returns the stable name, such as `instance_url`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$check => $name,)*
                }
            }
        }
    };
}

checks! {
    /// The settings are complete and valid.
    Settings = "settings",
    /// The username looks like one of the org.
    Username = "username",
    /// There is a key that can sign.
    Key = "key",
    /// The certificate belongs to the key and is valid.
    Certificate = "certificate",
    /// The token endpoint, and the reason for it.
    Endpoint = "endpoint",
    /// The audience, and the reason for it.
    Audience = "audience",
    /// The proxy, if any.
    Proxy = "proxy",
    /// The trusted certificate authorities.
    Roots = "roots",
    /// The host has an address.
    Lookup = "dns",
    /// The host accepts a connection.
    Connect = "tcp",
    /// The certificate of the host is trusted.
    Tls = "tls",
    /// The clocks of this machine and Salesforce agree.
    Clock = "clock",
    /// Salesforce grants a token.
    Login = "login",
    /// The token is for the org of the settings.
    InstanceUrl = "instance_url",
    /// The token has the scope `api`.
    Scopes = "scopes",
    /// The token belongs to the user of the settings.
    User = "user",
    /// The org offers the API version of the settings.
    ApiVersion = "api_version",
    /// An API call succeeds, and calls are left.
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
    fn page_has_a_row_for_each_check() {
        let page = include_str!("../../../docs/reference/doctor.md");
        let rows: Vec<_> =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let names: Vec<_> = Check::ALL.iter().map(|check| check.name()).collect();
        assert!(rows.starts_with(&names), "{rows:?}");
    }
}
