//! Logins of the user by the crates, without the program.

use std::sync::Arc;
use std::time::SystemTime;

use orgtoken_assertion::{RingSigner, Signer, SigningKey, UnixTime};
use orgtoken_client::{Login, LoginSource, Proxy, Roots, Transport, TransportBuilder};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, LoginUrl, Resolution};

use super::{CLIENT_ID, MY_DOMAIN, TestOrg, USER};

impl TestOrg {
    /// Returns the signer of the app.
    pub fn signer(&self) -> Arc<dyn Signer> {
        let key = SigningKey::from_bytes(self.private_key.as_bytes()).unwrap();
        Arc::new(RingSigner::new(key))
    }

    /// Returns the hosts that the user allows: the org's own.
    pub fn allowed_hosts(&self) -> AllowedHosts {
        AllowedHosts::parse([self.org.address()]).unwrap()
    }

    /// Returns a login at the org's own address.
    pub fn login(&self) -> Login {
        self.login_with(self.signer())
    }

    /// Returns a login at the org's own address with another signer.
    pub fn login_with(&self, signer: Arc<dyn Signer>) -> Login {
        let hosts = self.allowed_hosts();
        let url = LoginUrl::parse(self.org.url(), &hosts).unwrap();
        let resolution = Resolution::resolve(Some(&url), None, None).unwrap();
        Login::new(CLIENT_ID, USER, signer, resolution).allowed_hosts(hosts)
    }

    /// Returns a login at [`MY_DOMAIN`], which needs [`TestOrg::through_proxy`].
    pub fn my_domain_login(&self) -> Login {
        let instance = InstanceUrl::parse(MY_DOMAIN, &AllowedHosts::none()).unwrap();
        let resolution = Resolution::resolve(None, Some(&instance), None).unwrap();
        Login::new(CLIENT_ID, USER, self.signer(), resolution)
    }

    /// Returns a transport that trusts the org.
    pub fn transport(&self) -> Transport {
        self.trusting().build()
    }

    /// Returns the builder of a transport that reaches the org under its public names.
    pub fn through_proxy(&self) -> TransportBuilder {
        self.trusting().proxy(Proxy::new(&self.org.proxy_url(), "").unwrap())
    }

    /// Returns a source of tokens at the org's own address.
    pub fn source(&self) -> LoginSource {
        LoginSource::new(self.login(), self.transport())
    }

    fn trusting(&self) -> TransportBuilder {
        match self.org.ca_pem() {
            Some(ca) => Transport::builder().roots(Roots::Pem(ca.into())),
            None => Transport::builder(),
        }
    }
}

/// Returns the system's time.
pub fn now() -> UnixTime {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    UnixTime::from_secs(since.as_secs())
}
