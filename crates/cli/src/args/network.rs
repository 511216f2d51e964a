use std::path::PathBuf;
use std::time::Duration;

use orgtoken_settings::{Layer, Setting};

use super::UsageError;

/// How to get there: what can stand in the settings, too.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Route {
    /// Trust these certificates (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Go through this proxy instead of the one HTTPS_PROXY names
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
}

/// How to get there, and how long to wait.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Network {
    #[command(flatten)]
    pub(crate) route: Route,
    /// Trust the bundled certificates instead of the system's
    #[arg(long, conflicts_with = "ca_file")]
    pub(crate) bundled_roots: bool,
    /// The time limit of each exchange, such as 20s
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
            // `user:password@host`: what stands here is seen by everyone on this machine.
            if proxy.contains('@') {
                return Err(UsageError::secret_in_argv("a proxy's password"));
            }
            layer.set(Setting::Proxy, "--proxy", proxy);
        }
        Ok(())
    }
}

/// Reads `20`, `20s`, `500ms`, `5m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| NO_DURATION)?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(NO_DURATION),
    };
    match number.checked_mul(millis) {
        Some(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => Err(NO_DURATION),
    }
}

const NO_DURATION: &str = "a time is a number and a unit, such as 20s, 500ms or 5m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        for (text, seconds) in [("20", 20.0), ("20s", 20.0), ("500ms", 0.5), ("5m", 300.0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in
            ["", "0", "s", "-1s", "1.5s", "1d", "99999999999999999999h", "18446744073709551615h"]
        {
            assert_eq!(duration(text), Err(NO_DURATION), "{text}");
        }
    }
}
