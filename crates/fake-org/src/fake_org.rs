//! A running org.

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
#[cfg(feature = "rest")]
use crate::rest::jobs::Failure;
use crate::scenario::Scenario;
use crate::server::Server;

/// An org that listens until it is dropped. It has its own thread, so a test may block.
pub struct FakeOrg {
    server: Arc<Server>,
    /// The thread ends when this is dropped.
    _end: oneshot::Sender<()>,
}

impl FakeOrg {
    /// Returns a builder. An org needs a certificate, a client id and a user.
    pub fn builder() -> FakeOrgBuilder {
        FakeOrgBuilder::new()
    }

    pub(crate) fn run(server: Server, listener: TcpListener) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build();
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

    /// Returns the URL of the org: `https://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        &self.server.org.setup.url
    }

    /// Returns the host and port of [`FakeOrg::url`].
    pub fn address(&self) -> &str {
        self.url().split_once("://").map_or("", |(_, address)| address)
    }

    /// Returns the URL of a proxy that leads every host to this org. With it as `HTTPS_PROXY`, a
    /// client can use `https://login.salesforce.com`.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the certificate of the CA that clients have to trust, in PEM. `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.server.tls.as_ref().map(|tls| tls.ca_pem.as_str())
    }

    /// Returns the number of tokens that were issued.
    pub fn logins(&self) -> usize {
        self.login_history().iter().filter(|login| login.is_granted()).count()
    }

    /// Returns the number of tokens that were issued to this user.
    pub fn logins_of(&self, username: &str) -> usize {
        let history = self.login_history();
        history.iter().filter(|login| login.is_granted() && login.is_of(username)).count()
    }

    /// Returns every token request, with refused ones, the oldest first.
    pub fn login_history(&self) -> Vec<Login> {
        self.server.org.state().history.clone()
    }

    /// Returns the last 10,000 requests, the oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.org.state().requests.iter().cloned().collect()
    }

    /// Returns the number of connections. A tunnel and the connection in it count as two.
    pub fn connections(&self) -> usize {
        self.server.connections.load(Ordering::Relaxed)
    }

    /// Ends every session. For a client, a token that has expired is like one that was revoked.
    pub fn expire_all(&self) {
        self.server.org.state().sessions.clear();
    }

    /// Sets the scenario of a user; with `None`, logins succeed. Returns `false` if there is no
    /// such user.
    pub fn set_scenario(&self, username: &str, scenario: impl Into<Option<Scenario>>) -> bool {
        let mut state = self.server.org.state();
        let member = state.member(username);
        member.map(|member| member.set_scenario(scenario.into())).is_some()
    }

    /// Replaces the certificate of the app, at once.
    pub fn upload_certificate(&self, pem_or_der: &[u8]) -> Result<(), CertificateError> {
        self.server.org.state().key = app::public_key(pem_or_der)?;
        Ok(())
    }

    /// Sets the number of requests for its state after which a bulk job is complete; each processes
    /// its share of the rows. With `None` a job stays `InProgress`, without a row done, until this
    /// is called again. Default: 2.
    #[cfg(feature = "rest")]
    pub fn set_job_polls(&self, polls: impl Into<Option<u32>>) {
        self.server.org.state().rest.jobs.polls = polls.into();
    }

    /// Makes the next bulk job fail with this `errorMessage` after it has processed this number of
    /// rows, if it has more. A query job fails before its first row.
    #[cfg(feature = "rest")]
    pub fn fail_next_job(&self, after_rows: usize, message: impl Into<String>) {
        let failure = Failure { after_rows, message: message.into() };
        self.server.org.state().rest.jobs.failure = Some(failure);
    }

    /// Holds back responses to paths with this prefix (`/services/oauth2/token`) until the hold is
    /// dropped.
    pub fn hold(&self, path_prefix: &str) -> Hold {
        self.server.gate.hold(path_prefix)
    }
}

impl std::fmt::Debug for FakeOrg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeOrg").field("url", &self.url()).finish_non_exhaustive()
    }
}
