//! What refusals mean.
use crate::refusal::RefusalClass;

/// What is known about one refusal.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The name for programs: `refused.user_not_approved`.
    pub code: &'static str,
    anchor: &'static str,
    errors: &'static [&'static str],
    texts: &'static [&'static str],
    /// In plain words.
    pub meaning: &'static str,
    /// What to do first.
    pub first: &'static str,
    /// Whether to try again.
    pub class: RefusalClass,
}

impl Entry {
    /// Its anchor in `docs/refusals.md`.
    pub fn id(&self) -> &'static str {
        self.anchor
    }
}

pub(crate) fn find(code: &str, description: &str) -> &'static Entry {
    let text = crate::text::normalise(description);
    ENTRIES
        .iter()
        .find(|entry| {
            entry.errors.contains(&code)
                && (entry.texts.is_empty() || entry.texts.iter().any(|t| text.contains(t)))
        })
        .unwrap_or(&UNKNOWN)
}

const fn entry(
    code: &'static str,
    anchor: &'static str,
    errors: &'static [&'static str],
    texts: &'static [&'static str],
    meaning: &'static str,
    first: &'static str,
    class: RefusalClass,
) -> Entry {
    Entry { code, anchor, errors, texts, meaning, first, class }
}

static UNKNOWN: Entry = entry(
    "refused.unknown",
    "unknown",
    &[],
    &[],
    "this refusal is not in the catalogue",
    "look at Setup > Login History of the user: its Status says why",
    RefusalClass::Permanent,
);

static ENTRIES: &[Entry] = &[
    entry(
        "refused.user_not_approved",
        "user-not-approved",
        &["invalid_grant"],
        &["user hasn't approved"],
        "the user may not use this app yet",
        "in Setup open the app's Policies, set Permitted Users to `Admin approved users are pre-authorized` and add the user's profile or permission set",
        RefusalClass::JustChanged,
    ),
    entry(
        "refused.audience_is_invalid",
        "audience-is-invalid",
        &["invalid_grant"],
        &["audience"],
        "the audience does not fit this host",
        "set the audience",
        RefusalClass::Permanent,
    ),
    entry(
        "refused.login_rate_exceeded",
        "login-rate-exceeded",
        &["invalid_grant"],
        &["login rate exceeded"],
        "too many logins",
        "wait an hour and cache tokens",
        RefusalClass::CoolDown,
    ),
    entry(
        "refused.app_not_found",
        "app-not-found",
        &["app_not_found"],
        &[],
        "the app is not in this org",
        "post to the My Domain of the org that owns the app",
        RefusalClass::JustChanged,
    ),
    entry(
        "refused.retry_your_request",
        "retry-your-request",
        &["unknown_error", "server_error", "service_unavailable", "system_down", "slow_down"],
        &[],
        "a fault at Salesforce",
        "try again",
        RefusalClass::Transient,
    ),
];
