//! A Salesforce org that fits on a laptop.
//!
//! It verifies real signatures, refuses as Salesforce refuses, and holds enough of the platform for
//! clients that nobody here wrote to log in and work. What it does not know it refuses, in the
//! platform's words, and never ignores. It is no copy of Salesforce: no triggers, no permissions, no
//! sharing; its tokens can be guessed and guard nothing. Never let it listen where strangers are.

#![forbid(unsafe_code)]

mod app;
mod app_key;
mod builder;
mod call;
mod claims;
mod clock;
mod control;
mod fake_org;
mod form;
mod history;
mod hold;
mod id;
mod identity;
mod org;
mod records;
mod reply;
mod rest;
mod route;
mod scenario;
mod schema;
mod server;
mod session;
mod soql;
#[cfg(test)]
mod testing;
mod tls;
mod token_endpoint;
mod user;

pub use app::{AppKind, CertificateError};
pub use app_key::AppKey;
pub use builder::{FakeOrgBuilder, StartError};
pub use fake_org::FakeOrg;
pub use history::{Login, RecordedRequest};
pub use hold::Hold;
pub use org::Role;
pub use scenario::{Scenario, UnknownScenario};
pub use schema::DescribeError;
pub use session::TokenFormat;
pub use user::User;
