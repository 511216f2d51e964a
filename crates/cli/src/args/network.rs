use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use orgtoken_settings::{Layer, Setting, parse_duration};

use super::UsageError;

/// Network options that are settings as well.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Route {
    /// Trust these certificates (PEM), not the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Use this proxy [default: $HTTPS_PROXY]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) proxy: Option<String>,
}

/// Network options.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Network {
    #[command(flatten)]
    pub(crate) route: Route,
    /// Trust the bundled certificates, not the system's
    #[arg(long, conflicts_with = "ca_file")]
    pub(crate) bundled_roots: bool,
    /// Time limit of each exchange, such as 20s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
}

impl Route {
    /// Adds the flags to the settings.
    pub(crate) fn add_to(&self, layer: &mut Layer) -> Result<(), UsageError> {
        if let Some(file) = &self.ca_file {
            layer.set(Setting::CaFile, "--ca-file", file.to_string_lossy());
        }
        if let Some(proxy) = &self.proxy {
            // `user:password@host`: every user of this machine can read the arguments.
            if proxy.contains('@') {
                return Err(UsageError::secret_in_argv("a proxy's password"));
            }
            layer.set(Setting::Proxy, "--proxy", proxy);
        }
        Ok(())
    }
}

pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = parse_duration(text).filter(|duration| !duration.is_zero());
    duration.ok_or("invalid duration, expected for example 20s, 500ms or 5m")
}
