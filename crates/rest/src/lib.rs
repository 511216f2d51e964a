//! Calls to the Salesforce REST API.

#![forbid(unsafe_code)]
