//! A Salesforce org that fits on a laptop.

#![forbid(unsafe_code)]
