use std::time::Duration;

use jiff::SignedDuration;

/// Parses a duration of a flag, setting or request: `90` (seconds), `90s`, `500ms`, `1.5s`, `1h30m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => text.parse::<SignedDuration>().ok()?.try_into().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_forms() {
        for (text, seconds) in [
            ("0", 0.0),
            ("0s", 0.0),
            ("20", 20.0),
            ("20s", 20.0),
            ("500ms", 0.5),
            ("1.5s", 1.5),
            ("5m", 300.0),
            ("10 min", 600.0),
            ("2h", 7200.0),
            ("1h30m", 5400.0),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "s", "-1s", "1 month", "99999999999999999999h", "18446744073709551615h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
