//! The OAuth 2.0 JWT bearer flow of Salesforce as data: requests, answers, refusals.

#![forbid(unsafe_code)]
