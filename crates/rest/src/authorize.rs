use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use orgtoken_assertion::Diagnostic;
use orgtoken_client::transport::{Peeked, session_is_over};
use orgtoken_client::{CachedToken, TokenError};
use orgtoken_oauth::Token;
use tower_layer::Layer;
use tower_service::Service;

use crate::Tokens;
use crate::org::MIN_TTL;

/// A [`tower`] layer that adds the access token to requests: for HTTP clients of your own.
///
/// The token is added to requests for the origin of its instance URL. A request for any other
/// origin is an error, so that no token leaves the org. An `Authorization` header of the request is
/// replaced. The new header is marked as sensitive, and its value is never logged.
///
/// If the response says that the session has ended or that the org has moved, there is one new
/// login and one further attempt. Therefore request bodies have to be [`Clone`]: `Bytes`, or
/// `http_body_util::Full<Bytes>`.
///
/// The client below must not follow redirects: it would send the token to the new place.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::{BodyExt, Full};
/// use hyper_util::client::legacy::Client;
/// use hyper_util::rt::TokioExecutor;
/// use orgtoken_client::{LoginSource, Transport};
/// use orgtoken_rest::AuthorizeLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # async fn limits(transport: Transport, source: LoginSource)
/// # -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// // `Transport` is a connector for hyper: verified TLS, and the proxy.
/// let client = Client::builder(TokioExecutor::new()).build(transport);
/// let mut client = ServiceBuilder::new().layer(AuthorizeLayer::new(source)).service(client);
///
/// let url = "https://acme.my.salesforce.com/services/data/v65.0/limits";
/// let request = http::Request::get(url).body(Full::<Bytes>::default())?;
/// let response = client.ready().await?.call(request).await?;
/// println!("{}", String::from_utf8_lossy(&response.into_body().collect().await?.to_bytes()));
/// # Ok(())
/// # }
/// ```
///
/// [`tower`]: https://docs.rs/tower
#[derive(Clone)]
pub struct AuthorizeLayer {
    tokens: Tokens,
    min_ttl: Duration,
}

impl AuthorizeLayer {
    /// Returns a layer with the tokens of `source`: a
    /// [`LoginSource`](orgtoken_client::LoginSource), an `Arc` of another
    /// [`TokenSource`](orgtoken_client::TokenSource), or a single [`Token`], which is not renewed.
    pub fn new(source: impl Into<Tokens>) -> Self {
        Self { tokens: source.into(), min_ttl: MIN_TTL }
    }

    /// Sets how long a token must still be valid when a request begins; default: a minute.
    #[must_use]
    pub fn min_ttl(self, min_ttl: Duration) -> Self {
        Self { min_ttl, ..self }
    }
}

impl fmt::Debug for AuthorizeLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeLayer").field("min_ttl", &self.min_ttl).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = Authorize<S>;

    fn layer(&self, inner: S) -> Authorize<S> {
        Authorize { inner, layer: self.clone() }
    }
}

/// A client whose requests get the access token: see [`AuthorizeLayer`].
#[derive(Clone)]
pub struct Authorize<S> {
    inner: S,
    layer: AuthorizeLayer,
}

impl<S> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").field("layer", &self.layer).finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for Authorize<S>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Clone + Send + 'static,
    R: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Peeked<R>>;
    type Error = AuthorizeError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Peeked<R>>, AuthorizeError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AuthorizeError>> {
        self.inner.poll_ready(cx).map_err(AuthorizeError::client)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready is the one to call.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let AuthorizeLayer { tokens, min_ttl } = self.layer.clone();
        Box::pin(async move {
            let method = request.method().clone();
            let token = tokens.0.token(min_ttl).await?;
            let first = with_token(request.clone(), token.token())?;
            let response = inner.call(first).await.map_err(AuthorizeError::client)?;
            let over = session_is_over(&method, response).await;
            let (is_over, response) = over.map_err(AuthorizeError::client)?;
            if !is_over {
                return Ok(response);
            }
            tokens.0.invalidate(&token);
            let next = tokens.0.token(min_ttl).await?;
            if is_same(&next, &token) || !is_for(next.token(), request.uri()) {
                return Ok(response);
            }
            tracing::info!("the session had ended: one further attempt with a new token");
            // The connection is free again only without the first response.
            drop(response);
            poll_fn(|cx| inner.poll_ready(cx)).await.map_err(AuthorizeError::client)?;
            let second = with_token(request, next.token())?;
            let response = inner.call(second).await.map_err(AuthorizeError::client)?;
            Ok(response.map(|body| Peeked::new([], body)))
        })
    }
}

/// A request that got no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizeError {
    /// The client below failed.
    #[error("the request failed")]
    Client(#[source] BoxError),
    /// There is no token.
    #[error(transparent)]
    Login(Arc<TokenError>),
    /// The request is for another origin than that of the org. It was not sent.
    #[error("the request is not for `{org}`, the org of the token")]
    Origin {
        /// The instance URL of the token.
        org: String,
    },
}

impl AuthorizeError {
    fn client(error: impl Into<BoxError>) -> Self {
        Self::Client(error.into())
    }
}

impl From<Arc<TokenError>> for AuthorizeError {
    fn from(error: Arc<TokenError>) -> Self {
        Self::Login(error)
    }
}

impl Diagnostic for AuthorizeError {
    fn code(&self) -> &str {
        match self {
            Self::Client(_) => "net.client",
            Self::Login(error) => error.code(),
            Self::Origin { .. } => "api.path",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Client(_) => Some("see the cause, which the HTTP client reports".into()),
            Self::Login(error) => error.hint(),
            Self::Origin { .. } => {
                Some("send it to the instance URL, or with a client that adds no token".into())
            }
        }
    }
}

fn with_token<B>(mut request: Request<B>, token: &Token) -> Result<Request<B>, AuthorizeError> {
    if !is_for(token, request.uri()) {
        let org = token.instance_url().as_str().to_owned();
        return Err(AuthorizeError::Origin { org });
    }
    request.headers_mut().insert(AUTHORIZATION, token.access_token().authorization());
    Ok(request)
}

/// Whether the URL has the origin of the token's instance URL ([RFC 6454, Section 4]), and no user
/// name.
///
/// [RFC 6454, Section 4]: https://www.rfc-editor.org/rfc/rfc6454#section-4
fn is_for(token: &Token, uri: &Uri) -> bool {
    let Ok(org) = token.instance_url().as_str().parse::<Uri>() else { return false };
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    !has_user && origin(uri).is_some() && origin(uri) == origin(&org)
}

fn origin(uri: &Uri) -> Option<(&Scheme, String, u16)> {
    let scheme = uri.scheme()?;
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    let authority: &Authority = uri.authority()?;
    Some((scheme, authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(default)))
}

fn is_same(one: &CachedToken, other: &CachedToken) -> bool {
    one.token().access_token().is(other.token().access_token())
}

type BoxError = Box<dyn Error + Send + Sync>;

#[cfg(test)]
mod tests {
    use orgtoken_assertion::UnixTime;
    use orgtoken_oauth::AllowedHosts;

    use super::*;

    fn token(instance_url: &str) -> Token {
        let body = format!(
            r#"{{"access_token":"00Dx!canary","instance_url":"{instance_url}","token_type":"Bearer"}}"#
        );
        let response = Response::builder().header("content-type", "application/json");
        let allowed = AllowedHosts::parse(&["127.0.0.1:8080"]).unwrap();
        Token::from_http(&response.body(body).unwrap(), UnixTime::from_secs(0), &allowed).unwrap()
    }

    #[test]
    fn token_is_for_the_origin_of_its_org_only() {
        let acme = token("https://acme.my.salesforce.com");
        let local = token("http://127.0.0.1:8080");
        for (token, uri, expected) in [
            (&acme, "https://acme.my.salesforce.com/services/data", true),
            (&acme, "https://ACME.my.salesforce.com:443/", true),
            (&acme, "https://acme.my.salesforce.com:8443/", false),
            (&acme, "http://acme.my.salesforce.com/", false),
            (&acme, "http://acme.my.salesforce.com:443/", false),
            (&acme, "https://other.my.salesforce.com/", false),
            (&acme, "https://acme.my.salesforce.com.evil.example/", false),
            (&acme, "https://acme.my.salesforce.com@evil.example/", false),
            (&acme, "https://me@acme.my.salesforce.com/", false),
            (&acme, "/services/data", false),
            (&local, "http://127.0.0.1:8080/", true),
            (&local, "http://127.0.0.1:8081/", false),
            (&local, "http://localhost:8080/", false),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(is_for(token, &uri), expected, "{uri}");
            let request = with_token(Request::get(uri).body(()).unwrap(), token);
            match request {
                Ok(request) => assert!(request.headers()[AUTHORIZATION].is_sensitive()),
                Err(error) => assert_eq!(error.code(), "api.path"),
            }
        }
    }
}
