//! One login: from an identity to an access token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, Uri};
use orgtoken_assertion::{Assertion, Claims, Lifetime, SignError, Signer, UnixTime};
use orgtoken_oauth::{
    AllowedHosts, Fault, LoginPlan, Resolution, RetryPolicy, Token, TokenRequest,
};
use tokio::time::{Instant, sleep};
use tracing::info;

mod attempt;
pub use attempt::{Attempt, AttemptError};
mod error;
pub use error::LoginError;
mod meanwhile;
use meanwhile::meanwhile;

use crate::transport::Deadline;
use crate::{Transport, TransportError, random, thread};

/// The identity, the token endpoint and the key of a login.
#[derive(Clone)]
pub struct Login {
    client_id: String,
    username: String,
    signer: Arc<dyn Signer>,
    resolution: Resolution,
    allowed_hosts: AllowedHosts,
    retry: RetryPolicy,
    signs_in_place: bool,
}

impl Login {
    /// * `client_id`: the consumer key of the app that holds the certificate
    /// * `username`: the user to act as
    /// * `resolution`: the token endpoint and the audience
    pub fn new(
        client_id: impl Into<String>,
        username: impl Into<String>,
        signer: Arc<dyn Signer>,
        resolution: Resolution,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            username: username.into(),
            signer,
            resolution,
            allowed_hosts: AllowedHosts::none(),
            retry: RetryPolicy::DEFAULT,
            signs_in_place: false,
        }
    }

    /// Sets the hosts that a token may be for, in addition to those of Salesforce; default: none.
    #[must_use]
    pub fn allowed_hosts(mut self, allowed_hosts: AllowedHosts) -> Self {
        self.allowed_hosts = allowed_hosts;
        self
    }

    /// Returns the same login with the fallback audience first.
    pub(crate) fn with_fallback_audience(&self) -> Option<Self> {
        Some(Self { resolution: self.resolution.fallback()?, ..self.clone() })
    }

    /// Sets the retries after transient errors; default: [`RetryPolicy::DEFAULT`].
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Signs on the task that logs in, during the connection to the host.
    ///
    /// Use it for a key in the memory of this process. By default the signature is made after the
    /// connection, on its own thread: a user who has to confirm it or to touch a hardware token is
    /// not asked while the network is down.
    #[must_use]
    pub fn sign_in_place(mut self) -> Self {
        self.signs_in_place = true;
        self
    }

    /// Exchanges an assertion for a token, within [`Timeouts::total`](crate::Timeouts::total).
    ///
    /// A [`LoginPlan`] decides on each assertion and on retries. There are three attempts at most,
    /// and one of them may use the fallback audience or a corrected clock. Each attempt signs an
    /// assertion of its own.
    pub async fn obtain(
        &self,
        transport: &Transport,
        clock: impl Fn() -> UnixTime,
    ) -> Result<LoggedIn, LoginError> {
        self.obtain_counting(transport, clock, &mut 0).await
    }

    /// Like [`Login::obtain`]; adds to `sent` the number of assertions that may have reached the
    /// endpoint, also on failure.
    pub(crate) async fn obtain_counting(
        &self,
        transport: &Transport,
        clock: impl Fn() -> UnixTime,
        sent: &mut u32,
    ) -> Result<LoggedIn, LoginError> {
        let deadline = transport.deadline();
        let mut plan = LoginPlan::new(self.resolution.clone(), Lifetime::DEFAULT, self.retry);
        let mut failed = Vec::new();
        loop {
            let resolution = plan.resolution().clone();
            let result = self.attempt(&mut plan, transport, deadline, &clock).await?;
            *sent += u32::from(!result.as_ref().is_err_and(AttemptError::is_unsent));
            let error = match result {
                Ok(token) => return Ok(LoggedIn { token, resolution, failed }),
                Err(error) => error,
            };
            let fault = Fault { transient: error.is_transient(), retry_after: error.retry_after() };
            let wait = plan.after(error.refusal(), fault, deadline.left(), random::number());
            if let Some(wait) = wait {
                info!("retrying in {} ms: {error}", wait.as_millis());
            }
            failed.push(Attempt::new(resolution, error));
            match wait {
                Some(wait) => sleep(wait).await,
                None => return Err(LoginError::NoToken(failed)),
            }
        }
    }

    /// Makes one attempt. The outer error ends the login; the inner one may be retried.
    async fn attempt(
        &self,
        plan: &mut LoginPlan,
        transport: &Transport,
        deadline: Deadline,
        clock: impl Fn() -> UnixTime,
    ) -> Result<Result<Token, AttemptError>, LoginError> {
        let claims = plan.claims(&self.client_id, &self.username, clock())?;
        let (endpoint, audience) = (plan.resolution().endpoint(), plan.resolution().audience());
        info!("requesting a token from {} for audience {}", endpoint.as_str(), audience.as_str());
        let uri = endpoint.as_str().parse::<Uri>().expect("an endpoint is a URI");
        let connecting = transport.connect(&uri, deadline);
        let (connection, assertion) = if self.signs_in_place {
            let (connection, assertion) =
                meanwhile(connecting, || claims.sign(&*self.signer)).await;
            (connection, assertion?)
        } else {
            let mut connection = connecting.await;
            if let Err(error) = connection {
                return Ok(Err(error.into()));
            }
            let connected = Instant::now();
            let assertion = self.sign(claims).await?;
            if connected.elapsed() > LONGEST_SILENCE {
                connection = transport.connect(&uri, deadline).await;
            }
            (connection, assertion)
        };
        let request = TokenRequest::new(endpoint, assertion);
        let answer = async { connection?.exchange(request.to_http(), deadline).await };
        Ok(self.read(answer.await, clock()))
    }

    fn read(
        &self,
        answer: Result<Response<Bytes>, TransportError>,
        now: UnixTime,
    ) -> Result<Token, AttemptError> {
        Ok(Token::from_http(&answer?, now, &self.allowed_hosts)?)
    }

    /// Signs on its own thread: an agent or a command may take long.
    async fn sign(&self, claims: Claims) -> Result<Assertion, SignError> {
        let signer = Arc::clone(&self.signer);
        let signed = thread::run(move || claims.sign(&*signer)).await;
        signed.unwrap_or_else(|error| Err(SignError::External(error.into())))
    }
}

/// A host may close a connection that is silent for longer, so it is opened again after that.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("resolution", &self.resolution)
            .finish_non_exhaustive()
    }
}

/// A token and how it was obtained.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedIn {
    /// The token.
    pub token: Token,
    /// The endpoint and the audience that worked. Starting with them saves the attempts that
    /// failed.
    pub resolution: Resolution,
    /// The failed attempts before it.
    pub failed: Vec<Attempt>,
}
