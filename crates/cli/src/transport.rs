//! How to reach Salesforce from here: roots, proxy, timeouts.

use std::env;
use std::path::Path;

use orgtoken_client::{Proxy, Roots, Timeouts, Transport};
use orgtoken_settings::Settings;

use crate::args::Network;
use crate::failure::Failure;
use crate::input::{Kind, read};

/// A transport as flags, settings and environment have it.
pub(crate) fn transport(network: &Network, settings: &Settings) -> Result<Transport, Failure> {
    let transport = Transport::builder()
        .roots(roots(network, settings)?)
        .proxy(proxy(settings)?)
        .timeouts(timeouts(network));
    Ok(transport.build())
}

fn roots(network: &Network, settings: &Settings) -> Result<Roots, Failure> {
    if network.bundled_roots {
        return Ok(Roots::Bundled);
    }
    if let Some(file) = settings.ca_file() {
        return Ok(Roots::Pem(read(Path::new(file), Kind::Roots)?.to_vec()));
    }
    let file = set("SSL_CERT_FILE").map(Into::into);
    let directories = set("SSL_CERT_DIR").unwrap_or_default();
    let directories = env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty());
    Ok(Roots::System { file, directories: directories.collect() })
}

/// `HTTP_PROXY` is left alone: a web server sets it to what a client says.
fn proxy(settings: &Settings) -> Result<Proxy, Failure> {
    let text = |names: [&str; 2]| names.into_iter().find_map(set);
    let text = |names| text(names).unwrap_or_default().to_string_lossy().into_owned();
    let no_proxy = text(["no_proxy", "NO_PROXY"]);
    let proxy = match settings.proxy() {
        Some(proxy) => Proxy::new(proxy.secret(), &no_proxy),
        None => Proxy::new(&text(["https_proxy", "HTTPS_PROXY"]), &no_proxy),
    };
    Ok(proxy?)
}

/// Who gives more time in all means the server: connecting does not get better with time.
fn timeouts(network: &Network) -> Timeouts {
    let timeouts = Timeouts::default();
    network.timeout.map_or(timeouts, |total| Timeouts { head: total, total, ..timeouts })
}

/// An empty variable is an unset one.
fn set(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
