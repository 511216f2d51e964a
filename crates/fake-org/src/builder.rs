//! The builder of an org.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, SystemTime};

use crate::app::{self, AppKind, CertificateError};
use crate::clock::Clock;
use crate::fake_org::FakeOrg;
use crate::hold::Gate;
use crate::org::{Org, Role, Setup};
#[cfg(feature = "rest")]
use crate::rest::schema::{DescribeError, ObjectType, Schema};
use crate::server::Server;
use crate::tls::Tls;
use crate::user::User;

/// A builder of a [`FakeOrg`]; see [`FakeOrg::builder`].
#[derive(Debug)]
#[must_use]
pub struct FakeOrgBuilder {
    certificate: Vec<u8>,
    users: Vec<User>,
    tls: bool,
    names: Vec<String>,
    listen: SocketAddr,
    #[cfg(feature = "rest")]
    schema: Schema,
    setup: Setup,
}

/// The reasons why an org does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The certificate is refused.
    #[error("certificate of the app is refused")]
    Certificate(#[from] CertificateError),
    /// The address is in use, or is not an address of this machine.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The runtime cannot be started.
    #[error("cannot start the org's runtime")]
    Runtime(#[source] io::Error),
    /// The certificate for HTTPS cannot be generated, usually because a host name is invalid.
    #[error("cannot generate a certificate for the org's host names")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl FakeOrgBuilder {
    pub(crate) fn new() -> Self {
        Self {
            certificate: Vec::new(),
            users: Vec::new(),
            tls: false,
            names: Vec::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            #[cfg(feature = "rest")]
            schema: Schema::standard(),
            setup: Setup {
                client_id: String::new(),
                kind: AppKind::default(),
                scope: "api id refresh_token".to_owned(),
                url: String::new(),
                my_domain: "acme.my.salesforce.com".to_owned(),
                role: Role::default(),
                sandbox: false,
                audiences: Vec::new(),
                strict_expiry: false,
                token_lifetime: Duration::from_secs(2 * 3600),
                #[cfg(feature = "rest")]
                api_limit: 15_000,
                clock: Clock::default(),
            },
        }
    }

    /// Uploads the app's certificate, in PEM or DER.
    pub fn certificate(mut self, pem_or_der: impl Into<Vec<u8>>) -> Self {
        self.certificate = pem_or_der.into();
        self
    }

    /// Sets the app's consumer key, which assertions name as their issuer.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.setup.client_id = client_id.into();
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Sets whether the org uses HTTPS, with a generated certificate. Default: plain HTTP.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the kind of the app. Default: a connected app.
    pub fn app_kind(mut self, kind: AppKind) -> Self {
        self.setup.kind = kind;
        self
    }

    /// Sets the Salesforce host that the org's own address represents. Default: My Domain. Requests
    /// to `login.salesforce.com` or `test.salesforce.com` always reach that host.
    pub fn role(mut self, role: Role) -> Self {
        self.setup.role = role;
        self
    }

    /// Sets the My Domain host of the org. Default: `acme.my.salesforce.com`.
    pub fn my_domain(mut self, host: impl Into<String>) -> Self {
        self.setup.my_domain = host.into();
        self.names.push(self.setup.my_domain.clone());
        self
    }

    /// Adds a host name to the HTTPS certificate, such as the name of a container.
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Sets whether the org is a sandbox, whose generic host is `test.salesforce.com`.
    pub fn sandbox(mut self, sandbox: bool) -> Self {
        self.setup.sandbox = sandbox;
        self
    }

    /// Accepts this audience, and those of further calls, instead of the usual ones: the org's own
    /// address, My Domain, the generic host and the sites of its users.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.setup.audiences.push(audience.into());
        self
    }

    /// Sets whether assertions are refused that have expired, or expire in more than three minutes,
    /// as documented. By default an assertion may have expired three minutes ago, as observed.
    pub fn strict_expiry(mut self, strict: bool) -> Self {
        self.setup.strict_expiry = strict;
        self
    }

    /// Sets the scopes of the app, separated by spaces. Default: `api id refresh_token`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.setup.scope = scope.into();
        self
    }

    /// Sets the lifetime of a token. Default: two hours. Using an opaque token extends it.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.setup.token_lifetime = lifetime;
        self
    }

    /// Sets the number of REST API calls that the org has. Default: 15,000.
    #[cfg(feature = "rest")]
    pub fn api_limit(mut self, calls: u64) -> Self {
        self.setup.api_limit = calls;
        self
    }

    /// Sets the org's clock, which its `Date` header shows as well. Default: the system clock.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.setup.clock = Clock::new(clock);
        self
    }

    /// Adds an object, or replaces a standard one, by its describe result: the response of the REST
    /// API, or the output of `sf sobject describe --json`.
    #[cfg(feature = "rest")]
    pub fn object(mut self, describe: &[u8]) -> Result<Self, DescribeError> {
        self.schema.add(ObjectType::parse(describe)?);
        Ok(self)
    }

    /// Sets the address to listen on. Default: a free port of `127.0.0.1`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Starts the org.
    pub fn start(self) -> Result<FakeOrg, StartError> {
        let tls = self.tls.then(|| Tls::new(&self.names)).transpose();
        let tls = tls.map_err(StartError::Tls)?;

        let address = self.listen;
        let listening = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listening)?;
        listener.set_nonblocking(true).map_err(listening)?;
        let scheme = if self.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().map_err(listening)?);

        let org = self.build(url)?;
        FakeOrg::run(
            Server { org, tls, gate: Gate::default(), connections: AtomicUsize::default() },
            listener,
        )
    }

    /// Builds the org without its sockets.
    pub(crate) fn build(mut self, url: String) -> Result<Org, CertificateError> {
        self.setup.url = url;
        let key = app::public_key(&self.certificate)?;
        let users = self.users;
        #[cfg(feature = "rest")]
        return Ok(Org::new(self.setup, key, users, self.schema));
        #[cfg(not(feature = "rest"))]
        Ok(Org::new(self.setup, key, users))
    }
}
