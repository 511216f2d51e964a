//! An offline Salesforce org for tests.
//!
//! It verifies signatures, returns Salesforce's own errors, and supports enough of the platform for
//! existing clients to log in and work. It refuses what it does not support, with the error of the
//! platform, except for the headers that the README names. It is not a copy of Salesforce: it has no
//! triggers, permissions or sharing. Its tokens are predictable; do not expose it to a network.
//!
//! ```
//! use orgtoken_fake_org::{AppKey, FakeOrg, User};
//!
//! let key = AppKey::generate();
//! let org = FakeOrg::builder()
//!     .certificate(key.certificate_pem())
//!     .client_id("3MVG9…")
//!     .user(User::new("robot@acme.com"))
//!     .user("frozen@acme.com=inactive-user".parse()?)
//!     .start()?;
//!
//! // A client signs with `key.secret()` and logs in at `org.url()`.
//! assert_eq!(org.logins(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The token endpoint follows [RFC 7523], and its errors [RFC 6749, Section 5.2]. Behaviour that
//! only Salesforce has follows its documentation and captured responses. The README lists the
//! scenarios and the clients that were tested.
//!
//! [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523

#![cfg_attr(docsrs, feature(doc_cfg))] // docs.rs shows the feature of an item
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
mod reply;
#[cfg(feature = "rest")]
mod rest;
mod route;
mod scenario;
mod server;
mod session;
#[cfg(test)]
mod tests;
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
#[cfg(feature = "rest")]
pub use rest::schema::DescribeError;
pub use scenario::{Scenario, UnknownScenario};
pub use user::User;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
