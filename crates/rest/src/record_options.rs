use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Org, RestError};

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
    pub(crate) fn to_headers(&self) -> Result<HeaderMap, RestError> {
        let mut headers = HeaderMap::new();
        if let Some(rule) = &self.assignment_rule {
            let rule = match rule {
                AssignmentRule::Default => "TRUE",
                AssignmentRule::Id(id) => id,
                AssignmentRule::Off => "FALSE",
            };
            // Without the header, the active rule would apply.
            let rule = HeaderValue::try_from(rule).map_err(|_| RestError::AssignmentRule)?;
            headers.insert(AUTO_ASSIGN, rule);
        }
        if self.allow_duplicates {
            headers.insert(DUPLICATE_RULE, HeaderValue::from_static("allowSave=true"));
        }
        headers.extend(self.headers.clone());
        Ok(headers)
    }
}

impl Org {
    /// Sets the options of calls that read or change records, and of [loads](crate::load) by such
    /// calls. [Jobs](Org::create_job) of the Bulk API use the assignment rule and ignore the others.
    #[must_use]
    pub fn record_options(mut self, options: RecordOptions) -> Self {
        self.record_options = options.into();
        self
    }
}

const AUTO_ASSIGN: HeaderName = HeaderName::from_static("sforce-auto-assign");
const DUPLICATE_RULE: HeaderName = HeaderName::from_static("sforce-duplicate-rule-header");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignment_rule_is_a_header_or_an_error() {
        use AssignmentRule::{Default, Id, Off};
        for (rule, expected) in [
            (None, Some(None)),
            (Some(Default), Some(Some("TRUE"))),
            (Some(Off), Some(Some("FALSE"))),
            (Some(Id("01Q000000000001".to_owned())), Some(Some("01Q000000000001"))),
            (Some(Id("01Q000000000001\n".to_owned())), None),
        ] {
            let options = RecordOptions { assignment_rule: rule, ..RecordOptions::default() };
            let headers = options.to_headers();
            let found = headers.as_ref().ok().map(|headers| headers.get(AUTO_ASSIGN));
            let found = found.map(|value| value.map(|value| value.to_str().unwrap()));
            assert_eq!(found, expected, "{:?}", options.assignment_rule);
        }
    }
}
