//! The host that a request was sent to, and the audience and instance URL that follow from it.

use super::Org;
use crate::call::Call;

/// The Salesforce host that an address represents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Role {
    /// `login.salesforce.com`.
    Login,
    /// The org's own host.
    #[default]
    MyDomain,
    /// `test.salesforce.com`.
    Test,
}

impl Role {
    /// Returns the only audience that a generic host accepts.
    fn audience(self) -> Option<&'static str> {
        match self {
            Self::Login => Some(LOGIN),
            Self::MyDomain => None,
            Self::Test => Some(TEST),
        }
    }
}

impl Org {
    /// Returns the Salesforce host that a call was sent to.
    pub(crate) fn role(&self, call: &Call) -> Role {
        match call.host().trim_end_matches(":443") {
            "login.salesforce.com" => Role::Login,
            "test.salesforce.com" => Role::Test,
            _ => self.setup.role,
        }
    }

    /// Returns the instance URL of a token response: the host that was called, or My Domain for a
    /// generic host.
    pub(crate) fn instance_url(&self, call: &Call) -> String {
        if self.setup.role != Role::MyDomain {
            return self.setup.url.clone();
        }
        match self.role(call) {
            Role::MyDomain => call.origin(),
            Role::Login | Role::Test => format!("https://{}", self.setup.my_domain),
        }
    }

    /// Whether this audience is accepted. A slash at its end is ignored because `sf` sends one.
    pub(crate) fn accepts_audience(&self, call: &Call, audience: &str) -> bool {
        let audience = audience.strip_suffix('/').unwrap_or(audience);
        if let Some(only) = self.role(call).audience() {
            return audience == only;
        }
        if !self.setup.audiences.is_empty() {
            return self.setup.audiences.iter().any(|accepted| accepted == audience);
        }
        let my_domain = format!("https://{}", self.setup.my_domain);
        let own = [self.generic_host(), &self.setup.url, &call.origin(), &my_domain];
        own.contains(&audience) || self.is_site(audience)
    }

    /// Returns the generic host of the org.
    pub(crate) fn generic_host(&self) -> &'static str {
        if self.setup.sandbox { TEST } else { LOGIN }
    }

    fn is_site(&self, audience: &str) -> bool {
        let state = self.state();
        state.members.values().any(|member| member.user.community.as_deref() == Some(audience))
    }
}

const LOGIN: &str = "https://login.salesforce.com";
const TEST: &str = "https://test.salesforce.com";
