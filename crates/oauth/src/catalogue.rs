//! What refusals mean, what causes them, and which screen of Setup to open.
//!
//! The catalogue is data, one file for each family. `docs/refusals.md` is written from it by the
//! example `refusals`, so the two cannot say different things.

mod api;
mod api_error;
pub use api_error::{ApiError, api_error, api_errors};
mod app;
mod approval;
mod assertion;
mod network;
mod other_flows;
mod platform;
mod request;
#[cfg(test)]
mod tests;
mod user;

use std::fmt;

use crate::refusal::RefusalClass;
use crate::text;

/// What is known about one refusal, or about a few that mean the same.
#[non_exhaustive]
pub struct Entry {
    /// The name for programs: `refused.user_not_approved`. It never changes.
    pub code: &'static str,
    /// The refusal as Salesforce writes it.
    pub title: &'static str,
    /// Error codes that mean this and nothing else.
    pub codes: &'static [&'static str],
    /// Descriptions that mean this, whole and normalised; `*` is a value that Salesforce inserts.
    texts: &'static [&'static str],
    /// Whether to try again.
    pub class: RefusalClass,
    /// What it means, in plain words.
    pub meaning: &'static str,
    /// What to do first: one sentence that begins with a verb.
    pub first: &'static str,
    /// The likeliest first.
    pub causes: &'static [Cause],
    /// What to change.
    pub fix: Fix,
}

impl Entry {
    /// Its anchor in `docs/refusals.md`: `user_not_approved`, `rate.login`.
    pub fn id(&self) -> &'static str {
        self.code.strip_prefix("refused.").unwrap_or(self.code)
    }

    /// The command that shows the whole entry, also without network and without the repository.
    pub fn explain_command(&self) -> String {
        format!("orgtoken explain {}", self.code)
    }
}

/// The name alone: the rest is on the page.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.code).finish()
    }
}

/// Entries are equal if they are the same.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Entry {}

/// Why it may have happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Cause {
    /// The cause.
    pub cause: &'static str,
    /// How to tell that it is this one.
    pub how_to_tell: &'static str,
    /// What may speak for it or against it without a look into Setup.
    pub indicator: Indicator,
}

impl Cause {
    const fn indicator(self, indicator: Indicator) -> Self {
        Self { indicator, ..self }
    }
}

/// A cause that only Setup shows.
const fn cause(cause: &'static str, how_to_tell: &'static str) -> Cause {
    Cause { cause, how_to_tell, indicator: Indicator::SetupOnly }
}

/// What a machine can see of a cause from where it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    /// Something else than this program made the request.
    OtherTool,
    /// The org is a sandbox, which somebody may have refreshed.
    Refreshed,
    /// Nothing: only Setup shows it.
    SetupOnly,
    /// The username does not look like one of the org.
    UserName,
    /// It worked until a short while ago.
    WorkedBefore,
}

/// What to change, step by step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fix {
    /// The same for every kind of app.
    Any(&'static [&'static str]),
    /// The screens differ.
    ByApp {
        /// For External Client Apps.
        external: &'static [&'static str],
        /// For Connected Apps.
        connected: &'static [&'static str],
    },
}

/// What the catalogue says about a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The entry.
    pub entry: &'static Entry,
    /// `false`: the catalogue does not know this refusal, and the entry is the general one of its
    /// error code.
    pub exact: bool,
}

/// Every entry, family by family.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    families().flat_map(|(_, entries)| entries)
}

/// The entry of a code such as `refused.user_not_approved` or `tls.cert`; `user_not_approved` will
/// do as well.
pub fn by_code(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code == code || entry.id() == code)
}

/// The entry of an error response of the token endpoint.
///
/// A description is compared as a whole, but for case, blanks, apostrophes and a full stop at its
/// end. It decides before the error code does, because `invalid_grant` means everything.
pub fn find(code: &str, description: &str) -> Advice {
    let (code, text) = (code.trim(), text::normalise(description));
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

/// The entry of a status without a reason: 503, 429.
pub(crate) fn by_status(status: http::StatusCode) -> Option<&'static Entry> {
    entries().find(|entry| entry.codes.contains(&status.as_str()))
}

/// The entry of a fault on this side or on the way that has this code: `ENOTFOUND`.
pub(crate) fn of_network(code: &str) -> Option<&'static Entry> {
    network::ENTRIES.iter().find(|entry| entry.codes.contains(&code))
}

/// Salesforce's own description somewhere in a line, if punctuation sets it apart: the entry, and
/// the description as it is written there. `line` is ASCII, with single blanks.
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

/// Whether a normalised description is this one; `*` in `known` is any text, also none.
fn matches(known: &str, text: &str) -> bool {
    let Some((first, rest)) = known.split_once('*') else { return known == text };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let after_first = text.strip_prefix(first);
    let after_middle = middle.split('*').try_fold(after_first.unwrap_or_default(), |rest, part| {
        rest.split_once(part).map(|(_, rest)| rest)
    });
    after_first.is_some() && after_middle.is_some_and(|rest| rest.ends_with(last))
}

/// The entry of an error code whose description is not in the catalogue.
fn general(code: &str) -> &'static Entry {
    let generic = entries().find(|entry| is_generic(entry) && entry.codes.contains(&code));
    generic
        .or_else(|| by_code(request::UNKNOWN))
        .expect("the catalogue has an entry for what it does not know")
}

/// Whether it says only that something was refused, or that something else than JSON came.
pub(crate) fn says_little(entry: &Entry) -> bool {
    [request::NOT_SHOWN, platform::NOT_JSON].contains(&entry.code)
}

/// `invalid_grant` alone says no more than "no".
fn is_generic(entry: &&Entry) -> bool {
    entry.code == request::GENERIC
}

/// What Salesforce itself answers. The other entries are faults on the way, which no answer means.
fn of_salesforce() -> impl Iterator<Item = &'static Entry> {
    families().filter(|(title, _)| *title != NETWORK).flat_map(|(_, entries)| entries)
}

/// Every family: its title and its entries.
pub fn families() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    [
        ("The user and the app", approval::ENTRIES),
        ("The app", app::ENTRIES),
        ("The assertion", assertion::ENTRIES),
        ("The user and the org", user::ENTRIES),
        ("The request", request::ENTRIES),
        ("Salesforce itself", platform::ENTRIES),
        (NETWORK, network::ENTRIES),
        ("After the login", api::ENTRIES),
        ("Other flows", other_flows::ENTRIES),
    ]
    .into_iter()
}

const NETWORK: &str = "The way to Salesforce";
