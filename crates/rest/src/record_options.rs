use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Org;

/// Options of calls that read or change records: [`Org::record_options`].
///
/// See [Headers] for all headers that Salesforce knows.
///
/// [Headers]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers.htm
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RecordOptions {
    /// Whether a record that fails rolls back the other records of the same call.
    pub all_or_none: bool,
    /// Whether a record is saved although a duplicate rule raises an alert. Rules that block stay
    /// in effect. API versions before 52.0 ignore this.
    pub allow_duplicates: bool,
    /// The assignment rule for accounts, cases and leads; default: the active one.
    pub assignment_rule: Option<AssignmentRule>,
    /// Further headers. They replace those of the options above.
    pub headers: HeaderMap,
}

/// An assignment rule.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AssignmentRule {
    /// The active rule.
    Default,
    /// The rule with this id, whether it is active or not.
    Id(String),
    /// No rule.
    Off,
}

impl RecordOptions {
    /// The headers of a call.
    pub(crate) fn to_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let rule = self.assignment_rule.as_ref().map(|rule| match rule {
            AssignmentRule::Default => "TRUE",
            AssignmentRule::Id(id) => id,
            AssignmentRule::Off => "FALSE",
        });
        headers.extend(
            rule.and_then(|rule| HeaderValue::try_from(rule).ok()).map(|rule| (AUTO_ASSIGN, rule)),
        );
        if self.allow_duplicates {
            headers.insert(DUPLICATE_RULE, HeaderValue::from_static("allowSave=true"));
        }
        headers.extend(self.headers.clone());
        headers
    }
}

impl Org {
    /// Sets the options of calls that read or change records, of [loads](crate::load), too.
    #[must_use]
    pub fn record_options(mut self, options: RecordOptions) -> Self {
        self.record_options = options.into();
        self
    }
}

const AUTO_ASSIGN: HeaderName = HeaderName::from_static("sforce-auto-assign");
const DUPLICATE_RULE: HeaderName = HeaderName::from_static("sforce-duplicate-rule-header");
