use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use orgtoken_client::{BootTime, CachedToken, TokenSource, Transport};
use orgtoken_oauth::Token;
use tokio::sync::Mutex;

use crate::error_response::ErrorResponse;
use crate::proxy::Proxy;
use crate::{Access, CallRules, Peer, TokenResponse};

/// One org and one user, under the name that clients use.
pub struct Profile {
    name: Arc<str>,
    source: Arc<dyn TokenSource>,
    access: Access,
    proxy: Option<Proxy>,
    username: Option<String>,
    instance_url: Option<String>,
    api_version: Option<String>,
    /// The last token that clients got.
    last: ArcSwapOption<Token>,
    /// Whether a client has asked since the last token was obtained.
    was_asked: AtomicBool,
    /// Held during a renewal.
    renewal: Mutex<()>,
}

impl Profile {
    /// * `name`: the name in requests
    /// * `source`: the source of its tokens
    pub fn new(name: impl Into<Arc<str>>, source: Arc<dyn TokenSource>) -> Self {
        Self {
            name: name.into(),
            source,
            access: Access::default(),
            proxy: None,
            username: None,
            instance_url: None,
            api_version: None,
            last: ArcSwapOption::empty(),
            was_asked: AtomicBool::new(false),
            renewal: Mutex::new(()),
        }
    }

    /// Sets the users that may get its tokens, in addition to the owner of the broker and root;
    /// default: none.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Forwards calls that `rules` allow to the org, over `transport`; default: forwards none.
    ///
    /// The timeouts are those of `transport`; the total is that of a whole call with both bodies.
    #[must_use]
    pub fn forward(self, transport: Transport, rules: CallRules) -> Self {
        Self { proxy: Some(Proxy::new(transport, rules)), ..self }
    }

    /// Sets the API version for the response, such as `v51.0`; default: none.
    #[must_use]
    pub fn api_version(self, version: impl Into<String>) -> Self {
        Self { api_version: Some(version.into()), ..self }
    }

    /// Sets the address of the org for Onify's response; default: the one of the token.
    #[must_use]
    pub fn instance_url(self, url: impl Into<String>) -> Self {
        Self { instance_url: Some(url.into()), ..self }
    }

    /// Sets the username for the response; default: none.
    #[must_use]
    pub fn username(self, username: impl Into<String>) -> Self {
        Self { username: Some(username.into()), ..self }
    }

    /// The name in requests.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn allows(&self, peer: Peer, owner: u32) -> bool {
        self.access.allows(peer, owner)
    }

    /// The connections to the org, if calls are forwarded.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// Returns the token for a client that need not wait.
    pub(crate) fn cached_token(&self, min_ttl: Duration) -> Option<Arc<CachedToken>> {
        let token = self.source.cached(min_ttl)?;
        self.was_asked.store(true, Relaxed);
        Some(token)
    }

    /// Drops a token that the org has rejected.
    pub(crate) fn invalidate(&self, token: &CachedToken) {
        self.source.invalidate(token);
    }

    /// Renews the token before it expires, if a client has asked for it. Returns whether there is a
    /// new one.
    pub(crate) async fn renew(self: &Arc<Self>) -> bool {
        // A hanging login gets no second one.
        let Ok(_renewal) = self.renewal.try_lock() else { return false };
        // Without a cached token this would be a login that no client has asked for.
        if !self.was_asked.load(Relaxed) || self.source.cached(Duration::ZERO).is_none() {
            return false;
        }
        // The source has logged the reason; the cached token is still valid.
        let Ok(token) = self.login(Duration::ZERO).await else { return false };
        let is_new = self.remember(&token);
        if is_new {
            self.was_asked.store(false, Relaxed);
        }
        is_new
    }

    /// Returns how long the cached token stays valid, if there ever was one.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.last.load().as_ref()?;
        let left = |cached: Arc<CachedToken>| cached.time_left(BootTime::now());
        Some(self.source.cached(Duration::ZERO).map_or(Duration::ZERO, left))
    }

    /// Logs in on its own task, which continues when the client stops waiting.
    pub(crate) async fn login(&self, min_ttl: Duration) -> Result<Arc<CachedToken>, ErrorResponse> {
        let source = Arc::clone(&self.source);
        let login = tokio::spawn(async move { source.token(min_ttl).await });
        match login.await {
            Ok(token) => token.map_err(|error| ErrorResponse::from(&*error)),
            Err(_) => {
                let hint = Some("ask again; if it happens again, report it");
                Err(ErrorResponse::failure("internal.panic", "the login ended unexpectedly", hint))
            }
        }
    }

    /// Records the token that clients get now. Returns whether it is a new one.
    pub(crate) fn remember(&self, token: &CachedToken) -> bool {
        let token = token.token();
        let is_new = !self.last.load().as_ref().is_some_and(|last| Arc::ptr_eq(last, token));
        if is_new {
            self.last.store(Some(Arc::clone(token)));
        }
        is_new
    }

    /// Returns the response with this token, in one of the two forms.
    pub(crate) fn body(&self, token: &CachedToken, is_onify: bool) -> Bytes {
        let response = TokenResponse {
            token: token.token(),
            api_version: self.api_version.as_deref(),
            username: self.username.as_deref(),
        };
        Bytes::from_owner(match is_onify {
            true => response.to_onify(self.instance_url.as_deref()),
            false => response.to_json(),
        })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The profiles that clients can ask for.
#[derive(Debug, Default)]
pub struct Profiles {
    by_name: BTreeMap<Arc<str>, Arc<Profile>>,
    default: Option<Arc<Profile>>,
}

impl Profiles {
    /// * `default`: the profile for requests that name none
    pub fn new(profiles: impl IntoIterator<Item = Arc<Profile>>, default: Option<&str>) -> Self {
        let named = profiles.into_iter().map(|profile| (profile.name.clone(), profile));
        let by_name: BTreeMap<_, _> = named.collect();
        let default = default.and_then(|name| by_name.get(name)).cloned();
        Self { by_name, default }
    }

    /// Whether users other than the owner of the broker and root have access.
    pub fn are_shared(&self) -> bool {
        self.by_name.values().any(|profile| profile.access.is_shared())
    }

    /// Returns the profile of this name, or the default one, if this peer may use it. A caller
    /// cannot find out whether another profile exists.
    pub(crate) fn find(&self, name: Option<&str>, peer: Peer, owner: u32) -> Option<&Arc<Profile>> {
        let profile = name.map_or(self.default.as_ref(), |name| self.by_name.get(name))?;
        profile.allows(peer, owner).then_some(profile)
    }

    /// Whether there is a profile of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The name of the profile for requests that name none.
    pub(crate) fn default_name(&self) -> Option<&str> {
        self.default.as_ref().map(|profile| &*profile.name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.by_name.values()
    }

    /// Whether this peer may use any profile.
    pub(crate) fn allow(&self, peer: Peer, owner: u32) -> bool {
        // The owner and root may connect even if there is no profile.
        Access::default().allows(peer, owner) || self.iter().any(|one| one.allows(peer, owner))
    }
}

#[cfg(test)]
mod tests;
