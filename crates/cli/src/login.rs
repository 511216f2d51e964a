//! A login, from what was typed to a token.

use std::future::Future;

use orgtoken_client::Transport;
use orgtoken_oauth::Token;
use orgtoken_settings::ApiVersion;

use crate::args;
use crate::clock;
use crate::console::Console;
use crate::context;
use crate::failure::Failure;
use crate::signer::signer;
use crate::transport::transport;

/// A token, and what is needed to use it.
pub(crate) struct LoggedIn {
    pub(crate) token: Token,
    pub(crate) transport: Transport,
    pub(crate) username: String,
    pub(crate) api_version: ApiVersion,
}

/// Logs in as flags, environment, profile and record have it.
pub(crate) fn log_in(
    login: &args::Login,
    network: &args::Network,
    console: &Console,
) -> Result<LoggedIn, Failure> {
    let settings = context::settings(login, Some(&network.route), console)?;
    let transport = transport(network, &settings)?;
    let resolution = settings.resolution().clone();
    tracing::info!("endpoint {}: {}", resolution.endpoint().as_str(), resolution.endpoint_reason());
    tracing::info!("audience {}: {}", resolution.audience().as_str(), resolution.audience_reason());

    let (client_id, username) = (settings.client_id().to_string(), settings.username().to_string());
    let (lifetime, instance_url) = (settings.token_lifetime(), settings.instance_url().cloned());
    let (allowed_hosts, api_version) = (settings.allowed_hosts().clone(), settings.api_version());
    let signer = signer(settings.into_key())?;
    let login = orgtoken_client::Login::new(client_id, &username, signer, resolution)
        .allowed_hosts(allowed_hosts);

    let token = wait_for(login.obtain(&transport, clock::now))?.into_token();
    let token = match lifetime {
        Some(lifetime) => token.lifetime(lifetime),
        None => token,
    };
    tracing::info!("token for {}", token.instance_url().as_str());
    if let Some(notice) = instance_url.and_then(|expected| token.instance_notice(&expected)) {
        console.warn(&notice);
    }
    Ok(LoggedIn { token, transport, username, api_version })
}

/// Runs what uses the network. There is no runtime before, and none where it is not needed.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a thread, a timer and a poller");
    let done = runtime.block_on(future);
    // A resolver that is silent cannot be called back; nobody needs to wait for its thread.
    runtime.shutdown_background();
    done
}
