//! A person's machine beside an org that is set up for it.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use orgtoken_assertion::RingSigner;
use orgtoken_client::{Login, Roots, Transport};
use orgtoken_fake_org::{FakeOrg, FakeOrgBuilder, Scenario, User};
use orgtoken_settings::{Draft, KeySource, Layer, Setting, Settings};
use serde_json::json;

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

    /// The settings as the crates have them.
    pub fn settings(&self) -> Result<Settings> {
        let record = self.home.record(json!({ "InstanceUrl": self.org.url() })).to_string();
        let mut flags = Layer::flags();
        let hosts = vec![self.org.address().to_owned()];
        flags.set_list(Setting::AllowHosts, "--allow-host", hosts);
        let record = Layer::from_record(record.as_bytes(), RECORD, None);
        Draft::new([flags, record]).check().context("the settings are refused")
    }

    /// The login that these settings are for.
    pub fn login(&self, settings: Settings) -> Result<Login> {
        let client_id = settings.client_id().to_string();
        let user = settings.username().to_string();
        let resolution = settings.resolution().clone();
        let hosts = settings.allowed_hosts().clone();
        let KeySource::Here(key) = settings.into_key() else { bail!("the record has no key") };
        let signer = Arc::new(RingSigner::new(*key));
        Ok(Login::new(client_id, user, signer, resolution).allowed_hosts(hosts))
    }

    /// A transport that trusts the org.
    pub fn transport(&self) -> Transport {
        let ca = self.org.ca_pem().unwrap_or_default();
        Transport::builder().roots(Roots::Pem(ca.into())).build()
    }
}
