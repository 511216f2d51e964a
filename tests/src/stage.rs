//! A person's machine beside an org that is set up for it.

use anyhow::{Context, Result};
use orgtoken_fake_org::{FakeOrg, FakeOrgBuilder, Scenario, User};

use crate::home::{CLIENT_ID, Home, RECORD, USER};
use crate::keys;
use crate::program::Ran;

/// A home folder whose settings record leads to an org on loopback, over TLS.
#[derive(Debug)]
pub struct Stage {
    /// The machine. Its calls trust the org's CA and may ask its host.
    pub home: Home,
    /// The org, which has the certificate and lets [`USER`] in.
    pub org: FakeOrg,
}

impl Stage {
    /// With one user who is let in.
    pub fn new() -> Result<Self> {
        Self::with(|org| org.user(User::new(USER).named("Inte", "Gration")))
    }

    /// With users and whatever else `set_up` adds.
    pub fn with(set_up: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder) -> Result<Self> {
        let mut home = Home::new()?;
        let certificate = keys::certificate(home.key())?;
        let org = FakeOrg::builder().certificate(certificate).client_id(CLIENT_ID).tls(true);
        let org = set_up(org).start().context("the fake org does not start")?;

        home.write("ca.pem", org.ca_pem().context("an org with TLS has a CA")?)?;
        home.write_record(USER, org.url())?;
        home.set_flags(["-s", RECORD, "--ca-file", "ca.pem", "--allow-host", org.address()]);
        Ok(Self { home, org })
    }

    /// What `orgtoken ARGUMENTS` comes to while the org plays this scenario for the user.
    pub fn during(&self, scenario: Scenario, arguments: &[&str]) -> Result<Ran> {
        self.org.set_scenario(USER, scenario);
        let ran = self.home.orgtoken(arguments);
        self.org.set_scenario(USER, None);
        ran
    }
}
