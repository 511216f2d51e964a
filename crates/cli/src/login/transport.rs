//! The transport of a command: root certificates, proxy, timeouts.

use std::env;
use std::path::Path;

use orgtoken_client::{Proxy, Roots, Timeouts, Transport};
use orgtoken_oauth::redact;
use orgtoken_rest::TIMEOUTS;
use orgtoken_settings::{SecretText, Settings};

use crate::args::{Network, Route};
use crate::environment::variable;
use crate::failure::Failure;
use crate::io::input::{Kind, read};

/// Returns the transport that flags, settings and environment describe.
pub(crate) fn transport(network: &Network, settings: &Settings) -> Result<Transport, Failure> {
    transport_with(network, settings.ca_file(), settings.proxy())
}

/// Returns the same for calls without a login.
pub(crate) fn transport_with(
    network: &Network,
    ca_file: Option<&str>,
    proxy_url: Option<&SecretText>,
) -> Result<Transport, Failure> {
    let roots = match network.bundled_roots {
        true => Roots::Bundled,
        false => roots(ca_file.map(Path::new))?,
    };
    let proxy = proxy(proxy_url.map(SecretText::secret))?;
    Ok(Transport::builder()
        .roots(roots)
        .proxy(proxy)
        .timeouts(timeouts(Timeouts::default(), network))
        .build())
}

/// Returns the transport to the Hub, which is asked before the settings are known.
pub(crate) fn transport_of_route(route: Option<&Route>) -> Result<Transport, Failure> {
    let roots = roots(route.and_then(|route| route.ca_file.as_deref()))?;
    let proxy = proxy(route.and_then(|route| route.proxy.as_deref()))?;
    Ok(Transport::builder().roots(roots).proxy(proxy).build())
}

fn roots(ca_file: Option<&Path>) -> Result<Roots, Failure> {
    if let Some(file) = ca_file {
        let pem = read(file, Kind::Roots)?.to_vec();
        let name = format!("`{}` (ca_file)", redact::path(&file.to_string_lossy()));
        return Ok(Roots::File { name, pem });
    }
    let file = variable("SSL_CERT_FILE").map(Into::into);
    let directories = variable("SSL_CERT_DIR").unwrap_or_default();
    let directories = env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty());
    Ok(Roots::System { file, directories: directories.collect() })
}

/// Returns the proxy. `HTTP_PROXY` is ignored, since a web server sets it to a header of the client.
fn proxy(set_to: Option<&str>) -> Result<Proxy, Failure> {
    let text = |names: [&str; 2]| names.into_iter().find_map(variable);
    let text = |names| text(names).unwrap_or_default().to_string_lossy().into_owned();
    let no_proxy = text(["no_proxy", "NO_PROXY"]);
    let proxy = match set_to {
        Some(proxy) => Proxy::new(proxy, &no_proxy),
        None => Proxy::new(&text(["https_proxy", "HTTPS_PROXY"]), &no_proxy),
    };
    Ok(proxy?)
}

/// Sets the timeouts of API calls, which Salesforce gives more time than logins.
pub(crate) fn with_call_timeouts(transport: Transport, network: &Network) -> Transport {
    transport.with_timeouts(timeouts(TIMEOUTS, network))
}

/// `--timeout` extends the read and total limits, not the connect limit.
fn timeouts(default: Timeouts, network: &Network) -> Timeouts {
    network.timeout.map_or(default, |total| Timeouts { head: total, total, ..default })
}
