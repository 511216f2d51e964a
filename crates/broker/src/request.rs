//! The body of a request for a token.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use orgtoken_settings::parse_duration;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::error_response::ErrorResponse;

/// The parameters of a client: a profile and the minimum remaining lifetime.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenQuery<'a> {
    #[serde(borrow, default)]
    pub(crate) profile: Option<Cow<'a, str>>,
    /// The minimum remaining lifetime. A token that is about to expire is not returned anyway.
    #[serde(default, deserialize_with = "min_ttl")]
    pub(crate) min_ttl: Duration,
}

impl<'a> TokenQuery<'a> {
    /// Parses a body; an empty one requests the default profile.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, ErrorResponse> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(rejection(
                StatusCode::BAD_REQUEST,
                "the body is not a JSON object".to_owned(),
            ));
        }
        // The message of the parser quotes the body, so only the position is shown.
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let place = format!("invalid body at line {line}, column {column}");
            rejection(StatusCode::BAD_REQUEST, place)
        })
    }
}

/// Receives a body of at most 1 KiB.
pub(crate) async fn receive(body: Incoming) -> Result<Bytes, ErrorResponse> {
    let whole = Limited::new(body, LONGEST).collect().await;
    let whole = whole.map_err(|_| {
        let why = format!("the body is longer than {LONGEST} bytes");
        rejection(StatusCode::PAYLOAD_TOO_LARGE, why)
    });
    Ok(whole?.to_bytes())
}

fn rejection(status: StatusCode, why: String) -> ErrorResponse {
    let hint = r#"send {"profile": "NAME", "min_ttl": "5m"}, or leave out either or both"#;
    ErrorResponse::rejection(7, status, "gate.body", why, hint)
}

/// Reads `300`, `"300"`, `"300s"`, `"5m"` or `"1h"`; at most a day.
fn min_ttl<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ttl {
        Seconds(u64),
        Text(String),
    }
    let ttl = match Option::deserialize(deserializer)? {
        None => Some(Duration::ZERO),
        Some(Ttl::Seconds(seconds)) => Some(Duration::from_secs(seconds)),
        Some(Ttl::Text(text)) => parse_duration(&text),
    };
    let ttl = ttl.filter(|ttl| *ttl <= LONGEST_TTL);
    ttl.ok_or_else(|| de::Error::custom("not a duration of at most a day"))
}

const LONGEST: usize = 1024;
const LONGEST_TTL: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A caller may send a token instead of the name of a profile.
        #[test]
        fn invalid_body_is_not_shown(
            before in r#"[{}\[\]":,a-z0-9\\ -]{0,40}|\{"(profile|min_ttl)":"?"#,
            after in r#"[{}\[\]":,a-z0-9\\ -]{0,40}|"\}"#,
            noise in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let mut body = [before.as_bytes(), b"00Dx!canary", after.as_bytes()].concat();
            body.extend(noise);
            if let Err(rejection) = TokenQuery::parse(&body) {
                let shown = format!("{rejection:?}");
                prop_assert!(!shown.contains("canary"), "echoed: {}", shown);
            }
        }
    }

    #[test]
    fn valid_bodies() {
        for (name, body, profile, min_ttl) in [
            ("nothing", "", None, 0),
            ("an empty object", "{}", None, 0),
            ("a profile", r#"{"profile":"acme"}"#, Some("acme"), 0),
            ("no profile", r#"{"profile":null}"#, None, 0),
            ("seconds", r#"{"min_ttl":90}"#, None, 90),
            ("seconds as text", r#"{"min_ttl":"90"}"#, None, 90),
            ("no seconds", r#"{"min_ttl":0}"#, None, 0),
            ("no seconds as text", r#"{"min_ttl":"0s"}"#, None, 0),
            ("minutes", r#"{"min_ttl":"5m","profile":"acme"}"#, Some("acme"), 300),
            ("hours", r#"{"min_ttl":"2h"}"#, None, 7200),
        ] {
            let ask = TokenQuery::parse(body.as_bytes()).unwrap();
            assert_eq!(ask.profile.as_deref(), profile, "{name}");
            assert_eq!(ask.min_ttl.as_secs(), min_ttl, "{name}");
        }
    }

    #[test]
    fn gate_7_body_cannot_choose_an_address_a_user_or_a_key() {
        for (name, body) in [
            ("an address", r#"{"login_url":"https://evil.example"}"#),
            ("an audience", r#"{"profile":"acme","audience":"https://evil.example"}"#),
            ("a user", r#"{"username":"admin@acme.com"}"#),
            ("a key", r#"{"key":"s3cr3t"}"#),
            ("no object", r#"["acme"]"#),
            ("a profile that is not a string", r#"{"profile":7}"#),
            ("a negative time", r#"{"min_ttl":-1}"#),
            ("a fraction", r#"{"min_ttl":1.5}"#),
            ("more than a day", r#"{"min_ttl":"25h"}"#),
            ("no time", r#"{"min_ttl":"soon"}"#),
            ("a time that overflows", r#"{"min_ttl":"99999999999999999999h"}"#),
            ("no JSON", "profile=acme"),
            ("two of them", "{}{}"),
        ] {
            let rejection = TokenQuery::parse(body.as_bytes()).unwrap_err();
            assert_eq!((rejection.gate, rejection.status.as_u16()), (Some(7), 400), "{name}");
            assert!(!format!("{rejection:?}").contains("s3cr3t"), "{name}");
        }
    }
}
