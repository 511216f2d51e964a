//! What refusals mean, what causes them, and which screen of Setup to open.
//!
//! The catalogue is data, one file for each family. `docs/refusals.md` is written from it by
//! [`page()`], so the two cannot say different things.

mod api;
mod app;
mod approval;
mod assertion;
mod network;
mod other_flows;
mod page;
pub use page::page;
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
    /// Parts of descriptions that mean this, normalised.
    texts: &'static [&'static str],
    /// Words in descriptions never seen before that make this the nearest.
    near: &'static [&'static str],
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

    /// Where to read on, in the repository's pages: `docs/refusals.md#user_not_approved`.
    pub fn link(&self) -> String {
        format!("docs/refusals.md#{}", self.id())
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
    pub what: &'static str,
    /// How to tell that it is this one.
    pub tell: &'static str,
    /// What may speak for it or against it without a look into Setup.
    pub sign: Sign,
}

/// What a machine can see of a cause from where it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Sign {
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
    Unseen,
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

/// What the catalogue has to say about a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Advice {
    /// The entry.
    pub entry: &'static Entry,
    /// `false`: this refusal was never seen before, and the entry is only the nearest.
    pub exact: bool,
}

/// Every entry, family by family.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    families().flat_map(|family| family.entries)
}

/// The entry of a code such as `refused.user_not_approved` or `tls.cert`; `user_not_approved` will
/// do as well.
pub fn by_code(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code == code || entry.id() == code)
}

/// What is known about an error code and its description, in whatever spelling they come.
///
/// A description decides before a code does, because `invalid_grant` means everything.
pub fn find(code: &str, description: &str) -> Advice {
    let code = code.trim().to_ascii_lowercase();
    let text = text::normalise(description);
    let says = |entry: &&Entry| entry.texts.iter().any(|part| text.contains(part));
    let names = |entry: &&Entry| entry.codes.iter().any(|known| known.eq_ignore_ascii_case(&code));
    let exact = entries()
        .find(|entry| names(entry) && says(entry))
        .or_else(|| entries().filter(|entry| entry.code != request::NOT_SHOWN).find(says))
        .or_else(|| entries().find(|entry| names(entry) && !is_generic(entry)))
        .or_else(|| entries().find(says));
    exact.map_or_else(|| nearest(&code, &text), |entry| Advice { entry, exact: true })
}

fn nearest(code: &str, text: &str) -> Advice {
    // `invalid_grant` is no word about grants: it is what every refusal is called.
    let code_words = words(code).filter(|_| code != "invalid_grant");
    // Words of an address say nothing: every one of them has `login` or `oauth2`.
    let plain = text.split_whitespace().filter(|word| !word.contains("://"));
    let said: Vec<&str> = plain.flat_map(words).chain(code_words).collect();
    let has = |word: &&str| said.contains(word);
    let entry = entries()
        .find(|entry| entry.near.iter().any(has))
        .or_else(|| entries().find(|entry| is_generic(entry) && entry.codes.contains(&code)))
        .or_else(|| by_code(request::UNKNOWN))
        .expect("the catalogue has an entry for what it does not know");
    Advice { entry, exact: false }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

/// Whether it says only that something was refused, or that something else than JSON came.
pub(crate) fn says_little(entry: &Entry) -> bool {
    [request::NOT_SHOWN, platform::NOT_JSON].contains(&entry.code)
}

/// `invalid_grant` alone says no more than "no".
fn is_generic(entry: &&Entry) -> bool {
    entry.code == request::GENERIC
}

struct Family {
    title: &'static str,
    entries: &'static [Entry],
}

fn families() -> impl Iterator<Item = Family> {
    [
        Family { title: "The user and the app", entries: approval::ENTRIES },
        Family { title: "The app", entries: app::ENTRIES },
        Family { title: "The assertion", entries: assertion::ENTRIES },
        Family { title: "The user and the org", entries: user::ENTRIES },
        Family { title: "The request", entries: request::ENTRIES },
        Family { title: "Salesforce itself", entries: platform::ENTRIES },
        Family { title: "The way to Salesforce", entries: network::ENTRIES },
        Family { title: "After the login", entries: api::ENTRIES },
        Family { title: "Other flows", entries: other_flows::ENTRIES },
    ]
    .into_iter()
}
