//! Reads the response of a token endpoint: a token, a refusal or an error.

mod body;
mod error;
pub use error::TokenResponseError;
pub(crate) use error::is_outage;
mod expiry;
pub(crate) mod json;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::header::{CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use orgtoken_assertion::UnixTime;
use serde::de::DeserializeOwned;

use self::body::{is_maintenance, kind};
use self::json::{Field, Fields};
use crate::endpoint::{InstanceUrl, LoginUrl};
use crate::refusal::Refusal;
use crate::token::{AccessToken, Token};
use crate::url::{AllowedHosts, CheckedUrl, Paths, UrlError};

impl Token {
    /// Reads the response of the endpoint ([RFC 6749, Section 5]). `now` is the time of its
    /// arrival.
    ///
    /// Only headers about the body, the time and a redirect are used.
    ///
    /// [RFC 6749, Section 5]: https://www.rfc-editor.org/rfc/rfc6749#section-5
    pub fn from_http(
        response: &Response<impl AsRef<[u8]>>,
        now: UnixTime,
        allowed: &AllowedHosts,
    ) -> Result<Self, TokenResponseError> {
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::NO_CONTENT {
            return Err(TokenResponseError::from_failure(response, now));
        }
        let body = read(response, now)?;
        let answer = json::read(body).map_err(malformed)?;
        if let Some(field) = answer.duplicate() {
            return Err(TokenResponseError::RepeatedField { field });
        }
        match Refusal::from_answer(&answer, Some(status)) {
            Some(refusal) => {
                Err(TokenResponseError::Refused(refusal.received(response.headers(), now)))
            }
            None if answer.listed => Err(TokenResponseError::MissingToken { found: "missing" }),
            None => token(&answer, now, allowed),
        }
    }
}

impl TokenResponseError {
    /// Returns the error of a response whose status is not a success.
    pub(crate) fn from_failure<B: AsRef<[u8]>>(response: &Response<B>, now: UnixTime) -> Self {
        let (headers, status) = (response.headers(), response.status());
        if status.is_redirection() {
            return Self::Redirect { status, target: target(headers) };
        }
        if let Some(refusal) = refusal(response) {
            return Self::Refused(refusal.received(headers, now));
        }
        let (body, retry_after) = (response.body().as_ref(), retry_after(headers, Some(now)));
        if is_maintenance(status, body) {
            return Self::Maintenance { status, retry_after };
        }
        Self::Status { status, body: kind(body), length: body.len(), retry_after }
    }

    /// Reads the JSON of a response that is not a token.
    pub(crate) fn json<B: AsRef<[u8]>, T: DeserializeOwned>(
        response: &Response<B>,
        now: UnixTime,
    ) -> Result<T, Self> {
        if response.status() != StatusCode::OK {
            return Err(Self::from_failure(response, now));
        }
        serde_json::from_slice(read(response, now)?).map_err(malformed)
    }
}

/// Refusals are read with any `Content-Type`, because proxies often change it.
fn refusal<B: AsRef<[u8]>>(response: &Response<B>) -> Option<Refusal> {
    let (body, status) = (response.body().as_ref(), Some(response.status()));
    if body.len() > LIMIT || body::check_encoding(response.headers(), body).is_err() {
        return None;
    }
    match json::read(body) {
        Ok(answer) => Refusal::from_answer(&answer, status),
        Err(_) => Refusal::from_word(body, status),
    }
}

/// Returns the body of a response whose status is a success.
fn read<B: AsRef<[u8]>>(
    response: &Response<B>,
    now: UnixTime,
) -> Result<&[u8], TokenResponseError> {
    let (body, status, headers) = (response.body().as_ref(), response.status(), response.headers());
    if body.trim_ascii().is_empty() || status == StatusCode::NO_CONTENT {
        return Err(TokenResponseError::Empty { status });
    }
    if body.len() > LIMIT {
        return Err(TokenResponseError::TooLarge { limit: LIMIT });
    }
    body::check_encoding(headers, body).map_err(|what| TokenResponseError::Encoding { what })?;
    if is_maintenance(status, body) {
        return Err(TokenResponseError::Maintenance {
            status,
            retry_after: retry_after(headers, Some(now)),
        });
    }
    if !is_json(headers) {
        return Err(TokenResponseError::ContentType { found: kind(body) });
    }
    Ok(body)
}

fn token(
    answer: &Fields,
    now: UnixTime,
    allowed: &AllowedHosts,
) -> Result<Token, TokenResponseError> {
    let text = match answer.field("access_token") {
        Some(Field::Text(text)) if !text.is_empty() => text,
        Some(other) => return Err(TokenResponseError::MissingToken { found: other.kind() }),
        None => return Err(TokenResponseError::MissingToken { found: "missing" }),
    };
    let access_token = AccessToken::parse(text)?;
    check_token_type(answer)?;
    let instance_url = instance_url(answer, allowed)?;
    Ok(Token {
        ends_at: expiry::ends_at(&access_token, answer, now),
        access_token,
        instance_url,
        community_url: answer
            .text("sfdc_community_url")
            .and_then(|url| LoginUrl::parse(url, allowed).ok()),
        scope: answer.text("scope").filter(|scope| is_scope(scope)).map(ToOwned::to_owned),
        received_at: now,
        lifetime: None,
    })
}

/// [RFC 6749, Section 7.1](https://www.rfc-editor.org/rfc/rfc6749#section-7.1).
fn check_token_type(answer: &Fields) -> Result<(), TokenResponseError> {
    let value = match answer.field("token_type") {
        None => return Ok(()),
        Some(Field::Text(value)) if value.eq_ignore_ascii_case("bearer") => return Ok(()),
        Some(field) => field.text(),
    };
    let plain = |word: &&str| {
        (1..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    Err(TokenResponseError::TokenType {
        value: value.filter(plain).map(|word| format!("`{word}`")),
    })
}

fn instance_url(
    answer: &Fields,
    allowed: &AllowedHosts,
) -> Result<InstanceUrl, TokenResponseError> {
    let text =
        answer.text("instance_url").ok_or(TokenResponseError::InstanceUrl { problem: None })?;
    let url = match InstanceUrl::parse(text, allowed) {
        // Without a scheme, `https` is assumed, which is for users and not for responses.
        Ok(_) if !text.contains("://") => Err(UrlError::Scheme { instead: None }),
        url => url,
    };
    url.map_err(|problem| TokenResponseError::InstanceUrl { problem: Some(problem) })
}

/// [RFC 6749, Section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).
fn is_scope(scope: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    scope.len() <= 2048 && scope.bytes().all(allowed)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}

/// Only the host, because a `Location` can contain anything.
fn target(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let (scheme, rest) = location.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let text = format!("{scheme}://{host}");
    match CheckedUrl::parse(&text, &AllowedHosts::none(), Paths::Never) {
        Ok(url) => Some(url.host().to_owned()),
        Err(UrlError::Host { host, .. }) => Some(host),
        Err(_) => None,
    }
}

/// Returns the seconds of `Retry-After`, or the time until its date ([RFC 9110, Section 10.2.3]).
/// Anything else is ignored.
///
/// A date is compared with the `Date` of the same response, so that a wrong local clock has no
/// effect, or else with `now`; without both it is ignored. More than a day is a mistake and counts as
/// a day.
///
/// [RFC 9110, Section 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub fn retry_after(headers: &HeaderMap, now: Option<UnixTime>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let until = http_date(headers, RETRY_AFTER)?;
    let sent = http_date(headers, DATE).or(now)?;
    Some(until.saturating_duration_since(sent).min(LONGEST_WAIT))
}

/// Reads a header with a date ([RFC 9110, Section 5.6.7]). Returns `None` before 1970.
///
/// [RFC 9110, Section 5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
pub(crate) fn http_date(headers: &HeaderMap, name: HeaderName) -> Option<UnixTime> {
    let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()?;
    date.duration_since(std::time::UNIX_EPOCH).ok().map(UnixTime::since_epoch)
}

// serde_json quotes the value that it rejects, which may be a token: only the position is used.
fn malformed(error: serde_json::Error) -> TokenResponseError {
    TokenResponseError::Json { line: error.line(), column: error.column() }
}

/// Any token response is much shorter.
const LIMIT: usize = 64 * 1024;

/// Salesforce counts its limits over a day at most.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
