//! The settings of a Salesforce login: record, profile, environment; checked once.

#![forbid(unsafe_code)]
