use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use orgtoken_assertion::UnixTime;
use serde::Deserialize;

use crate::catalogue::{self, Advice, Entry};
use crate::response::json::Fields;
use crate::response::{is_outage, retry_after};
use crate::skew::Skew;
use crate::text;

/// An OAuth error response of the token endpoint ([RFC 6749, Section 5.2]).
///
/// Its texts are shown in the characters that this section allows, at most 300 of them, without
/// anything that looks like a token or a key.
///
/// [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    code: String,
    description: Option<String>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    skew: Option<Skew>,
    advice: Advice,
}

impl Refusal {
    /// Returns a refusal with the texts of a server, which are sanitized.
    pub fn new(code: &str, description: Option<&str>) -> Self {
        let advice = catalogue::find(code, description.unwrap_or_default());
        let description = description.map(text::sanitize).filter(|text| !text.is_empty());
        let code = text::error_code(code);
        Self { code, description, status: None, retry_after: None, skew: None, advice }
    }

    /// Returns a refusal whose entry was found in the output of another tool.
    pub(crate) fn known(entry: &'static Entry, code: &str, description: &str) -> Self {
        Self { advice: Advice { entry, exact: true }, ..Self::new(code, Some(description)) }
    }

    /// Returns a refusal of which only the status is known.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let refusal = Self::new(status.as_str(), status.canonical_reason());
        let advice = catalogue::by_status(status).map(|entry| Advice { entry, exact: true });
        Self { advice: advice.unwrap_or(refusal.advice), status: Some(status), ..refusal }
    }

    /// Returns the error code, such as `invalid_grant`. It is empty if only a description is known.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the description, such as `user hasn't approved this consumer`.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the `Retry-After` of the response.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the skew of the local clock, if there is one.
    pub fn skew(&self) -> Option<Skew> {
        self.skew
    }

    /// Returns the entry of the catalogue: about this refusal, or the general one of its error
    /// code.
    pub fn advice(&self) -> Advice {
        self.advice
    }

    /// Returns whether and when to retry. A refusal that is not in the catalogue is permanent.
    pub fn class(&self) -> RefusalClass {
        let known = if self.advice.exact { self.entry().class } else { RefusalClass::Permanent };
        match self.status {
            _ if known == RefusalClass::CoolDown => known,
            Some(StatusCode::TOO_MANY_REQUESTS) => RefusalClass::CoolDown,
            Some(StatusCode::REQUEST_TIMEOUT) => RefusalClass::Transient,
            Some(status) if is_outage(status) => RefusalClass::Transient,
            _ => known,
        }
    }

    /// Whether the audience was refused.
    pub(crate) fn is_about_audience(&self) -> bool {
        self.entry().code == "refused.audience_is_invalid"
    }

    pub(crate) fn is_app_not_found(&self) -> bool {
        self.entry().code == "refused.app_not_found"
    }

    /// Returns the meaning, in plain words.
    pub fn meaning(&self) -> &'static str {
        self.entry().meaning
    }

    /// Returns the first step, in one sentence.
    pub fn hint(&self) -> Cow<'static, str> {
        let first = self.entry().first;
        match self.skew {
            Some(skew) if self.entry().code == "refused.assertion_expired" => {
                format!("{skew}: set the clock by NTP, then try again").into()
            }
            Some(skew) if self.code == "invalid_grant" => {
                format!("{skew}: set the clock, then {first}").into()
            }
            _ => first.into(),
        }
    }

    /// Returns the error code of a response that is this refusal.
    pub(crate) fn error_code(&self) -> &'static str {
        match (self.status, self.entry().code) {
            (_, "rate.login") if self.advice.exact => "rate.login",
            (Some(StatusCode::TOO_MANY_REQUESTS), _) => "rate.limited",
            (Some(status), _) if is_outage(status) => "unavailable.refused",
            (_, code) if self.advice.exact && code.starts_with("refused.") => code,
            _ => "refused.unknown",
        }
    }

    pub(crate) fn from_answer(answer: &Fields, status: Option<StatusCode>) -> Option<Self> {
        let code = answer.text("error").or_else(|| answer.text("errorCode"))?;
        let description = answer.text("error_description").or_else(|| answer.text("message"));
        Some(Self::new(code, description).with_status(status))
    }

    /// `userinfo` refuses with one word: `Bad_OAuth_Token`.
    pub(crate) fn from_word(body: &[u8], status: Option<StatusCode>) -> Option<Self> {
        let word = std::str::from_utf8(body.trim_ascii()).ok()?;
        let named = word.starts_with(|first: char| first.is_ascii_alphabetic());
        let advice = catalogue::find(word, "");
        let listed = advice.entry.codes.iter().any(|code| code.eq_ignore_ascii_case(word));
        (named && listed && advice.exact).then(|| Self::new(word, None).with_status(status))
    }

    /// The status of an outage or of too many requests says more than texts that are not in the
    /// catalogue. Other statuses say nothing: a refusal comes with any of them.
    pub(crate) fn with_status(self, status: Option<StatusCode>) -> Self {
        let decides =
            |status: &StatusCode| is_outage(*status) || *status == StatusCode::TOO_MANY_REQUESTS;
        let by_status = status.filter(decides).and_then(catalogue::by_status);
        let advice = match by_status {
            Some(entry) if !self.advice.exact => Advice { entry, exact: true },
            _ => self.advice,
        };
        Self { status, advice, ..self }
    }

    /// Adds the information of the response headers.
    pub(crate) fn received(self, headers: &HeaderMap, now: UnixTime) -> Self {
        let (retry_after, skew) = (retry_after(headers, Some(now)), Skew::of(headers, now));
        Self { retry_after, skew, ..self }
    }

    fn entry(&self) -> &'static Entry {
        self.advice.entry
    }
}

/// Like `invalid_grant: user hasn't approved this consumer`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), &self.description) {
            ("", Some(description)) => f.write_str(description),
            (code, Some(description)) => write!(f, "{code}: {description}"),
            (code, None) => f.write_str(code),
        }
    }
}

/// Whether and when a refusal is worth a retry.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalClass {
    /// After an hour, or the time that the server names.
    CoolDown,
    /// Only if something was changed in Setup within the last minutes: changes take two to ten
    /// minutes.
    PropagationDelay,
    /// Not until something is changed.
    Permanent,
    /// A few times, shortly after, each time with a new assertion.
    Transient,
}
