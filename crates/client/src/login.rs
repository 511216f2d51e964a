//! From an identity to an access token.

use std::fmt;
use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, Uri};
use orgtoken_assertion::{Assertion, Claims, ClaimsError, Lifetime, SignError, Signer, UnixTime};
use orgtoken_oauth::{AllowedHosts, Audience, Resolution, RetryPolicy, Token, TokenRequest};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::info;

mod attempt;
pub use attempt::{Attempt, AttemptError};
mod error;
pub use error::LoginError;
mod meanwhile;
use meanwhile::meanwhile;
mod plan;
use plan::Plan;

use crate::transport::Deadline;
use crate::{Transport, TransportError};

/// Who logs in, where, and with which key.
#[derive(Clone)]
pub struct Login {
    client_id: String,
    username: String,
    signer: Arc<dyn Signer>,
    resolution: Resolution,
    allowed_hosts: AllowedHosts,
    lifetime: Lifetime,
    retry: RetryPolicy,
    signs_in_place: bool,
}

impl Login {
    /// * `client_id`: the consumer key of the app that holds the certificate
    /// * `username`: the user to act as
    /// * `resolution`: where to ask, and for which audience
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
            lifetime: Lifetime::DEFAULT,
            retry: RetryPolicy::DEFAULT,
            signs_in_place: false,
        }
    }

    /// The hosts that a token may be for beside those of Salesforce; none unless told.
    #[must_use]
    pub fn allowed_hosts(mut self, allowed_hosts: AllowedHosts) -> Self {
        self.allowed_hosts = allowed_hosts;
        self
    }

    /// The same login, beginning with the attempt that would otherwise be the further one.
    pub(crate) fn further(&self) -> Option<Self> {
        Some(Self { resolution: self.resolution.further_attempt()?, ..self.clone() })
    }

    /// How long an assertion lives; [`Lifetime::DEFAULT`] unless told.
    #[must_use]
    pub fn assertion_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// When to try again after what passes by itself; [`RetryPolicy::DEFAULT`] unless told.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Signs on the task that logs in, while it waits for the host, and not on a thread of its own.
    ///
    /// For a key in the memory of this process: to start a thread takes a tenth as long as to sign,
    /// and whatever else runs on this one waits for about a millisecond.
    #[must_use]
    pub fn sign_in_place(mut self) -> Self {
        self.signs_in_place = true;
        self
    }

    /// Trades an assertion for a token, within [`Timeouts::total`](crate::Timeouts::total).
    ///
    /// After a refusal that is about the audience there is one further attempt, which
    /// [`Resolution::after`] decides on; after one that is about time there is one by the
    /// endpoint's clock; after what passes by itself, those of [`Login::retry`]. No attempt uses
    /// the assertion of another.
    pub async fn obtain(
        &self,
        transport: &Transport,
        clock: impl Fn() -> UnixTime,
    ) -> Result<LoggedIn, LoginError> {
        let deadline = transport.deadline();
        let mut plan = Plan::new(self.resolution.clone());
        let mut failed = Vec::new();
        loop {
            let error = match self.attempt(&mut plan, transport, deadline, &clock).await? {
                Ok(token) => return Ok(LoggedIn { token, resolution: plan.resolution, failed }),
                Err(error) => error,
            };
            let next = plan.after(&error, failed.len(), &self.retry, deadline.left());
            failed.push(Attempt::new(plan.resolution, error));
            plan = next.ok_or_else(|| LoginError::NoToken(mem::take(&mut failed)))?;
            sleep(plan.wait).await;
        }
    }

    /// The outer error ends the login, whatever the retries; the inner one is this attempt's.
    async fn attempt(
        &self,
        plan: &mut Plan,
        transport: &Transport,
        deadline: Deadline,
        clock: impl Fn() -> UnixTime,
    ) -> Result<Result<Token, AttemptError>, LoginError> {
        let now = plan.sign_at(clock());
        let (endpoint, audience) = (plan.resolution.endpoint(), plan.resolution.audience());
        info!("asking {} for audience {}", endpoint.as_str(), audience.as_str());
        let claims = self.claims(audience, now)?;
        let uri = endpoint.as_str().parse::<Uri>().expect("an endpoint is a URI");
        let connecting = transport.connect(&uri, deadline);
        let (connection, assertion) = if self.signs_in_place {
            meanwhile(connecting, || claims.sign(&*self.signer)).await
        } else {
            tokio::join!(connecting, self.sign(claims))
        };
        let request = TokenRequest::new(endpoint, assertion?);
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

    fn claims(&self, audience: &Audience, now: UnixTime) -> Result<Claims, ClaimsError> {
        let claims = Claims::builder(&self.client_id, &self.username, audience.as_str(), now);
        claims.lifetime(self.lifetime).build()
    }

    /// On a thread of its own: RSA takes a millisecond, and an agent takes as long as it likes.
    async fn sign(&self, claims: Claims) -> Result<Assertion, SignError> {
        let signer = Arc::clone(&self.signer);
        let signed = spawn_blocking(move || claims.sign(&*signer)).await;
        signed.unwrap_or_else(|failed| resume_unwind(failed.into_panic()))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("resolution", &self.resolution)
            .finish_non_exhaustive()
    }
}

/// A token, and how it was come by.
#[derive(Debug)]
pub struct LoggedIn {
    token: Token,
    resolution: Resolution,
    failed: Vec<Attempt>,
}

impl LoggedIn {
    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The token alone.
    pub fn into_token(self) -> Token {
        self.token
    }

    /// Endpoint and audience that worked. To begin with them saves the attempts that did not.
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// The attempts before it, which gave none.
    pub fn failed(&self) -> &[Attempt] {
        &self.failed
    }
}
