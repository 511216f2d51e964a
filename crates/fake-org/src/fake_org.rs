//! A running org in the hands of a test.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::app::{self, CertificateError};
use crate::builder::{FakeOrgBuilder, StartError};
use crate::history::{Login, RecordedRequest};
use crate::hold::Hold;
use crate::scenario::Scenario;
use crate::server::Server;

/// An org that listens until it is dropped. It has a thread of its own, so a test may block.
pub struct FakeOrg {
    server: Arc<Server>,
    /// The thread ends when this is dropped.
    _end: oneshot::Sender<()>,
}

impl FakeOrg {
    /// Begins to set up an org. It needs a certificate, a client id and a user.
    pub fn builder() -> FakeOrgBuilder {
        FakeOrgBuilder::new()
    }

    pub(crate) fn run(server: Server, listener: TcpListener) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_io().build();
        let runtime = runtime.map_err(StartError::Runtime)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(StartError::Runtime)?
        };
        let server = Arc::new(server);
        runtime.spawn(Arc::clone(&server).run(listener));
        let (end, ended) = oneshot::channel();
        thread::spawn(move || runtime.block_on(ended));
        Ok(Self { server, _end: end })
    }

    /// Where the org listens: `https://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        &self.server.org.setup.url
    }

    /// The host and port of [`FakeOrg::url`].
    pub fn address(&self) -> &str {
        self.url().split_once("://").map_or("", |(_, address)| address)
    }

    /// The proxy through which every Salesforce host is found to be this org: with it as
    /// `HTTPS_PROXY`, a client may ask for `https://login.salesforce.com` as it would at Salesforce.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The certificate of the CA that clients must trust, in PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.server.tls.as_ref().map(|tls| tls.ca_pem.as_str())
    }

    /// How many tokens were given.
    pub fn logins(&self) -> usize {
        self.login_history().iter().filter(|login| login.is_granted()).count()
    }

    /// How many tokens were given to this user.
    pub fn logins_of(&self, username: &str) -> usize {
        let history = self.login_history();
        history.iter().filter(|login| login.is_granted() && login.is_of(username)).count()
    }

    /// Every request for a token, refused ones included, the first one first.
    pub fn login_history(&self) -> Vec<Login> {
        self.server.org.state().history.clone()
    }

    /// The last 10,000 requests that have come, the first one first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.org.state().requests.iter().cloned().collect()
    }

    /// How many connections have come, tunnels and what they carry counted apart.
    pub fn connections(&self) -> usize {
        self.server.connections.load(Ordering::Relaxed)
    }

    /// Ends every token's life, as when an administrator does it.
    pub fn revoke_all(&self) {
        self.server.org.state().sessions.clear();
    }

    /// Ends every token's life, as when their time is over. Clients cannot tell it from the other.
    pub fn expire_all(&self) {
        self.server.org.state().sessions.clear();
    }

    /// Changes what happens to a user from now on; `None` lets it in. `false` if there is no such
    /// user.
    pub fn set_scenario(&self, username: &str, scenario: impl Into<Option<Scenario>>) -> bool {
        let mut state = self.server.org.state();
        let member = state.member(username);
        member.map(|member| member.set_scenario(scenario.into())).is_some()
    }

    /// Puts another certificate in the place of the app's, at once.
    pub fn upload_certificate(&self, pem_or_der: &[u8]) -> Result<(), CertificateError> {
        self.server.org.state().key = app::public_key(pem_or_der)?;
        Ok(())
    }

    /// Holds back the answers to paths that begin like this (`/services/oauth2/token`) until the
    /// hold is dropped.
    pub fn hold(&self, path_prefix: &str) -> Hold {
        self.server.gate.hold(path_prefix)
    }
}

impl std::fmt::Debug for FakeOrg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeOrg").field("url", &self.url()).finish_non_exhaustive()
    }
}
