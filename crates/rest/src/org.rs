use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use orgtoken_client::{Timeouts, Transport};
use orgtoken_oauth::Token;
use zeroize::Zeroizing;

use crate::path::uri;
use crate::{Failure, RestError};

/// An org, as one user with one token sees it.
#[derive(Clone)]
pub struct Org {
    transport: Transport,
    token: Arc<Token>,
    version: u16,
}

impl Org {
    /// The org that `token` is for, spoken to in `version` of the API: 65 for `v65.0`.
    ///
    /// Answers may have up to 64 MiB. The timeouts are those of `transport`, and those for a login
    /// are short: see [`TIMEOUTS`].
    pub fn new(transport: Transport, token: impl Into<Arc<Token>>, version: u16) -> Self {
        let transport = transport.with_max_body(MAX_BODY);
        Self { transport, token: token.into(), version }
    }

    /// Makes one call.
    ///
    /// `path` begins with `/`, or is below `/services/data/vNN.0/`; what a URL cannot hold is
    /// encoded. A body is JSON unless `headers` say otherwise.
    ///
    /// Any status but 2xx and 304 is a [`RestError::Failed`].
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, RestError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri(self.token.instance_url().as_str(), self.version, path)?;
        *request.headers_mut() = headers;
        self.complete(&mut request);

        let answer = self.transport.exchange(request).await?;
        if answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        Err(RestError::Failed(Failure::read(&answer, self.token.access_token().secret())))
    }

    fn complete(&self, request: &mut Request<Bytes>) {
        let json = HeaderValue::from_static("application/json");
        let has_body = !request.body().is_empty();
        let headers = request.headers_mut();
        headers.entry(ACCEPT).or_insert_with(|| json.clone());
        if has_body {
            headers.entry(CONTENT_TYPE).or_insert(json);
        }
        headers.insert(AUTHORIZATION, self.bearer());
    }

    fn bearer(&self) -> HeaderValue {
        let secret = self.token.access_token().secret();
        // From bytes that are wiped when the last copy of the header goes.
        let wiped = Bytes::from_owner(Zeroizing::new(format!("Bearer {secret}").into_bytes()));
        let mut bearer = HeaderValue::from_maybe_shared(wiped)
            .expect("a token was checked for what a header may hold");
        bearer.set_sensitive(true);
        bearer
    }
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org")
            .field("instance_url", self.token.instance_url())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// For calls: Salesforce gives up after ten minutes itself.
pub const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    head: Duration::from_secs(600),
    tls: Duration::from_secs(5),
    total: Duration::from_secs(620),
};

/// A page of 2,000 wide records stays well below it.
const MAX_BODY: usize = 64 * 1024 * 1024;
