//! A login, from settings to a token.

use std::sync::Arc;
use std::time::Duration;

use orgtoken_client::cache::{FileCache, TokenCache};
use orgtoken_client::{BootTime, Login, LoginSource, TokenSource, Transport};
use orgtoken_oauth::{InstanceUrl, Token};
use orgtoken_rest::Org;
use orgtoken_settings::{ApiVersion, KeySource, Settings};

use crate::args;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::cache;
use crate::login::context::Context;
use crate::login::existing_token;
use crate::login::signer::{decrypt_key, signer};
use crate::login::transport::{transport, with_call_timeouts};
use crate::runtime::wait_for;

/// The settings, cache and options of a login.
pub(crate) struct ResolvedLogin<'a> {
    settings: Settings,
    store: Option<FileCache>,
    tokens: &'a args::Tokens,
    network: &'a args::Network,
    console: &'a Console,
}

impl<'a> ResolvedLogin<'a> {
    /// Resolves the login that flags, environment, profile and record describe.
    pub(crate) fn open(caller: &'a args::Caller, console: &'a Console) -> Result<Self, Failure> {
        let args::Caller { login, tokens, network } = caller;
        let context = Context { login, route: Some(&network.route), console };
        Self::of(context.checked()?.0, network, tokens, console)
    }

    /// Resolves the login that settings describe.
    pub(crate) fn of(
        mut settings: Settings,
        network: &'a args::Network,
        tokens: &'a args::Tokens,
        console: &'a Console,
    ) -> Result<Self, Failure> {
        let store = if tokens.no_cache { None } else { cache::file(&mut settings, console)? };
        Ok(Self { settings, store, tokens, network, console })
    }

    pub(crate) fn username(&self) -> String {
        self.settings.username().to_string()
    }

    pub(crate) fn api_version(&self) -> ApiVersion {
        self.settings.api_version()
    }

    pub(crate) fn instance_url(&self) -> Option<InstanceUrl> {
        self.settings.instance_url().cloned()
    }

    pub(crate) fn transport(&self) -> Result<Transport, Failure> {
        transport(self.network, &self.settings)
    }

    /// Returns a token with the wanted lifetime. A cached token needs no runtime, no TLS and no RSA.
    pub(crate) fn token(self) -> Result<Arc<Token>, Failure> {
        if let Some(token) = self.cached() {
            return Ok(token);
        }
        let (instance_url, min_ttl) = (self.settings.instance_url().cloned(), self.tokens.min_ttl);
        let (console, transport) = (self.console, self.transport()?);
        let source = self.source(transport)?;
        let token = Arc::clone(wait_for(source.renew(min_ttl))?.token());
        tracing::info!("token for {}", token.instance_url().as_str());
        if let Some(notice) = instance_url.and_then(|expected| token.instance_notice(&expected)) {
            console.warn(&notice);
        }
        Ok(token)
    }

    /// Returns the source of tokens for a command.
    pub(crate) fn source(mut self, transport: Transport) -> Result<LoginSource, Failure> {
        let (lifetime, retry) = (self.settings.token_lifetime(), self.tokens.retry);
        let store = self.take_store(&transport)?;
        let login = login(self.settings)?;
        let mut source = LoginSource::builder(login, transport);
        if let Some(store) = store {
            source = source.cache(store);
        }
        if let Some(lifetime) = lifetime {
            source = source.token_lifetime(lifetime);
        }
        if retry {
            source = source.ignore_cached_failure();
        }
        Ok(source.build())
    }

    /// Removes a cached refusal from the file cache.
    pub(crate) fn forget_refusal(&self) -> Result<(), Failure> {
        let Some(store) = &self.store else { return Ok(()) };
        wait_for(async {
            let lease = store.lease(LONGEST_LOGIN).await;
            let mut state = store.load().await;
            if state.failure.take().is_some() {
                store.save(&state, &lease).await;
            }
            store.release(lease).await;
            Ok::<_, Failure>(())
        })
    }

    /// Returns the org. If its token has expired, it logs in once more.
    pub(crate) fn org(self) -> Result<Org, Failure> {
        let (network, version, min_ttl) =
            (self.network, self.api_version().major(), self.tokens.min_ttl);
        let transport = self.transport()?;
        let with_call_timeouts = with_call_timeouts(transport.clone(), network);
        Ok(Org::new(with_call_timeouts, self.source(transport)?, version).min_ttl(min_ttl))
    }

    /// Returns the cache of this login: a file or Redis.
    pub(crate) fn take_store(
        &mut self,
        transport: &Transport,
    ) -> Result<Option<Box<dyn TokenCache>>, Failure> {
        Ok(match self.store.take() {
            Some(store) => Some(Box::new(store)),
            None if self.tokens.no_cache => None,
            None => match cache::redis(&mut self.settings, transport)? {
                Some(store) => Some(Box::new(store)),
                None => None,
            },
        })
    }

    fn cached(&self) -> Option<Arc<Token>> {
        let held = self.store.as_ref()?.peek().token?;
        let now = BootTime::now();
        let left = Duration::from_secs(held.time_left(now).as_secs());
        if !held.is_valid_for(self.tokens.min_ttl, now) {
            tracing::info!("the cached token expires in {left:?}, logging in again");
            return None;
        }
        tracing::info!("token from the cache, expires in {left:?}");
        Some(Arc::clone(held.token()))
    }
}

/// Returns the org to call and its API version. A token in the environment is used instead of a
/// login.
pub(crate) fn org(caller: &args::Caller, console: &Console) -> Result<(Org, ApiVersion), Failure> {
    if let Some(existing) = existing_token::org(caller, console)? {
        return Ok(existing);
    }
    let login = ResolvedLogin::open(caller, console)?;
    let version = login.api_version();
    Ok((login.org()?, version))
}

/// The default deadline of a login, and some time to save the result.
pub(crate) const LONGEST_LOGIN: Duration = Duration::from_secs(25);

/// Returns the login of these settings.
pub(crate) fn login(mut settings: Settings) -> Result<Login, Failure> {
    decrypt_key(&mut settings)?;
    let resolution = settings.resolution().clone();
    tracing::info!("endpoint {}: {}", resolution.endpoint().as_str(), resolution.endpoint_reason());
    tracing::info!("audience {}: {}", resolution.audience().as_str(), resolution.audience_reason());
    let (client_id, username) = (settings.client_id().to_string(), settings.username().to_string());
    let allowed_hosts = settings.allowed_hosts().clone();
    let is_here = matches!(settings.key(), KeySource::Local(_));
    let signer = signer(settings.into_key())?;
    let login = Login::new(client_id, username, signer, resolution).allowed_hosts(allowed_hosts);
    Ok(if is_here { login.sign_in_place() } else { login })
}
