//! Salesforce access tokens over the network.

#![forbid(unsafe_code)]
