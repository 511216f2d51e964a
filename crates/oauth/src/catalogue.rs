//! The meaning of refusals, their causes, and the Setup screen to open.
//!
//! The catalogue is data, one TOML file for each group, and is parsed at its first use. The example
//! `refusals` generates `docs/reference/refusals.md` from it, so the two always agree.

mod api_error;
pub use api_error::{ApiErrorEntry, api_error, api_errors};
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::refusal::RefusalClass;
use crate::text;

/// A refusal, or a few with the same meaning.
#[derive(Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// The name for programs, such as `refused.user_not_approved`. It never changes.
    pub code: &'static str,
    /// The refusal in the words of Salesforce.
    pub title: &'static str,
    /// Error codes that have this meaning only.
    #[serde(borrow, default)]
    pub codes: Vec<&'static str>,
    /// Descriptions with this meaning, complete and normalized. `*` is a value that Salesforce
    /// inserts.
    #[serde(borrow, default)]
    texts: Vec<&'static str>,
    /// Words of other tools that have this meaning only, in lower case.
    #[serde(borrow, default)]
    words: Vec<&'static str>,
    /// Whether to retry.
    pub class: RefusalClass,
    /// The meaning, in plain words.
    pub meaning: &'static str,
    /// The first step: one sentence that begins with a verb.
    pub first: &'static str,
    /// The causes, the most likely one first.
    pub causes: Vec<Cause>,
    /// The changes to make.
    pub fix: Fix,
}

impl Entry {
    /// Returns the anchor in `refusals.md`, such as `user_not_approved` or `rate.login`.
    pub fn id(&self) -> &'static str {
        self.code.strip_prefix("refused.").unwrap_or(self.code)
    }

    /// Returns the command that shows the whole entry offline.
    pub fn explain_command(&self) -> String {
        format!("orgtoken explain {}", self.code)
    }
}

/// Only the name: the page has the rest.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.code).finish()
    }
}

/// A possible cause of a refusal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cause {
    /// The cause.
    pub cause: &'static str,
    /// The way to recognize this cause.
    pub how_to_tell: &'static str,
    /// The observation that makes it more or less likely, without a look into Setup.
    #[serde(default)]
    pub indicator: Indicator,
}

/// An observation of this machine that makes a cause more or less likely.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Indicator {
    /// The local clock is wrong.
    ClockWrong,
    /// Key, app or org are new.
    FreshlyMade,
    /// The token endpoint is at a host that serves many orgs.
    GenericHost,
    /// The key does not belong to the certificate.
    KeyMismatch,
    /// The token endpoint may be another org's.
    OtherOrg,
    /// Another program made the request.
    OtherTool,
    /// The org is a sandbox, which may have been refreshed.
    Refreshed,
    /// No observation: only Setup shows the cause.
    #[default]
    SetupOnly,
    /// The username does not look like one of the org.
    UserName,
    /// It worked until a short while ago.
    WorkedBefore,
}

/// The changes to make, step by step.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fix {
    /// The same steps for both kinds of app.
    #[serde(borrow)]
    Any(Vec<&'static str>),
    /// Different steps, because the Setup screens differ.
    ByApp {
        /// For External Client Apps.
        #[serde(borrow)]
        external: Vec<&'static str>,
        /// For Connected Apps.
        #[serde(borrow)]
        connected: Vec<&'static str>,
    },
}

/// The entry of the catalogue for a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The entry.
    pub entry: &'static Entry,
    /// Whether the entry is about this refusal. If not, it is the general entry of its error code.
    pub exact: bool,
}

/// Returns all entries, group by group.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    groups().flat_map(|(_, entries)| entries)
}

/// Returns the entry of a code such as `refused.user_not_approved` or `tls.cert`. The short form
/// `user_not_approved` works, too.
pub fn by_code(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code == code || entry.id() == code)
}

/// Returns the entry of an error response of the token endpoint.
///
/// The whole description is compared, except for case, blanks, apostrophes and a full stop at the
/// end. It takes precedence over the error code, because `invalid_grant` covers nearly every
/// refusal.
pub fn find(code: &str, description: &str) -> Advice {
    let (code, text) = (code.trim(), text::normalize(description));
    let says = |entry: &&Entry| entry.texts.iter().any(|known| matches(known, &text));
    let names = |entry: &&Entry| entry.codes.iter().any(|known| known.eq_ignore_ascii_case(code));
    let exact = of_salesforce()
        .find(|entry| names(entry) && says(entry))
        .or_else(|| of_salesforce().find(says))
        .or_else(|| of_salesforce().find(|entry| names(entry) && !is_generic(entry)));
    match exact {
        Some(entry) => Advice { entry, exact: true },
        None => Advice { entry: general(code), exact: false },
    }
}

/// Returns the entry of a status without a reason: 503, 429.
pub(crate) fn by_status(status: http::StatusCode) -> Option<&'static Entry> {
    entries().find(|entry| entry.codes.contains(&status.as_str()))
}

/// Returns the entry of a local or network fault with this code, such as `ENOTFOUND`.
pub(crate) fn of_network(code: &str) -> Option<&'static Entry> {
    let network = groups().filter(|(title, _)| *title == NETWORK).flat_map(|(_, entries)| entries);
    network.into_iter().find(|entry| entry.codes.contains(&code))
}

/// Returns the first entry with words of other tools that are in a text.
///
/// * `contains`: whether the text contains some words
pub(crate) fn by_words(contains: impl Fn(&str) -> bool) -> Option<&'static Entry> {
    entries().find(|entry| entry.words.iter().any(|words| contains(words)))
}

/// Finds a description of Salesforce in a line, set apart by punctuation. Returns the entry and the
/// description as it is written there. `line` is ASCII with single blanks.
pub(crate) fn find_in_line(line: &str) -> Option<(&'static Entry, &str)> {
    let lower = line.to_ascii_lowercase();
    let texts =
        of_salesforce().flat_map(|entry| entry.texts.iter().map(move |text| (entry, *text)));
    let found = texts.filter_map(|(entry, text)| {
        let fixed = text.strip_suffix('*').unwrap_or(text);
        let is_open = fixed.len() < text.len();
        let (start, _) = lower.match_indices(fixed).find(|&(start, _)| {
            let (before, after) = (&lower[..start], &lower[start + fixed.len()..]);
            !before.trim_end().ends_with(is_word)
                && (is_open || !after.trim_start().starts_with(is_word))
        })?;
        let end = if is_open { line.len() } else { start + fixed.len() };
        Some((entry, &line[start..end]))
    });
    found.max_by_key(|(_, description)| description.len())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Whether a normalized description matches. `*` in `known` is any text, also none.
fn matches(known: &str, text: &str) -> bool {
    let Some((first, rest)) = known.split_once('*') else { return known == text };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let after_first = text.strip_prefix(first);
    let after_middle = middle.split('*').try_fold(after_first.unwrap_or_default(), |rest, part| {
        rest.split_once(part).map(|(_, rest)| rest)
    });
    after_first.is_some() && after_middle.is_some_and(|rest| rest.ends_with(last))
}

/// Returns the entry of an error code whose description is not in the catalogue.
fn general(code: &str) -> &'static Entry {
    let generic = entries().find(|entry| is_generic(entry) && entry.codes.contains(&code));
    generic.or_else(|| by_code(UNKNOWN)).expect("the catalogue has an entry for unknown refusals")
}

/// Whether the entry says only that something was refused, or that the answer is not JSON.
pub(crate) fn says_little(entry: &Entry) -> bool {
    [NOT_SHOWN, NOT_JSON].contains(&entry.code)
}

/// `invalid_grant` alone says only that the login was refused.
fn is_generic(entry: &&Entry) -> bool {
    entry.code == GENERIC
}

/// Returns the entries about answers of Salesforce. The other entries are about faults before an
/// answer, and no answer has their meaning.
fn of_salesforce() -> impl Iterator<Item = &'static Entry> {
    groups().filter(|(title, _)| *title != NETWORK).flat_map(|(_, entries)| entries)
}

/// Returns all groups, each with its title and its entries.
pub fn groups() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    static GROUPS: LazyLock<[(&str, Vec<Entry>); 9]> =
        LazyLock::new(|| FILES.map(|(title, file)| (title, parse(file))));
    GROUPS.iter().map(|(title, entries)| (*title, entries.as_slice()))
}

/// Parses a file of this crate. The texts are not copied.
fn parse<T: Deserialize<'static>>(file: &'static str) -> Vec<T> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File<T> {
        entries: Vec<T>,
    }

    toml::from_str::<File<T>>(file).expect("the tests parse each file of this crate").entries
}

const FILES: [(&str, &str); 9] = [
    ("The user and the app", include_str!("catalogue/approval.toml")),
    ("The app", include_str!("catalogue/app.toml")),
    ("The assertion", include_str!("catalogue/assertion.toml")),
    ("The user and the org", include_str!("catalogue/user.toml")),
    ("The request", include_str!("catalogue/request.toml")),
    ("Salesforce itself", include_str!("catalogue/platform.toml")),
    (NETWORK, include_str!("catalogue/network.toml")),
    ("After the login", include_str!("catalogue/api.toml")),
    ("Other flows", include_str!("catalogue/other_flows.toml")),
];
const NETWORK: &str = "The connection to Salesforce";

/// The general entry of `invalid_grant`.
const GENERIC: &str = "refused.invalid_grant";
/// The entry for a web page instead of JSON.
const NOT_JSON: &str = "resp.content_type";
/// The entry for tools that hide the reason.
const NOT_SHOWN: &str = "refused.reason_not_shown";
const UNKNOWN: &str = "refused.unknown";
