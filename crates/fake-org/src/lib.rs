//! A Salesforce org that fits on a laptop.
//!
//! It verifies real signatures, refuses as Salesforce refuses, and holds enough of the platform for
//! clients that nobody here wrote to log in and work. What it does not know it refuses, in the
//! platform's words, and never ignores. It is no copy of Salesforce: no triggers, no permissions, no
//! sharing; its tokens can be guessed and guard nothing. Never let it listen where strangers are.
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
//! // Here a client signs with `key.secret()` and logs in at `org.url()`.
//! assert_eq!(org.logins(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The token endpoint is that of [RFC 7523], with refusals by [RFC 6749, Section 5.2]; what only
//! Salesforce does is as its documentation and captured answers have it. The README lists the
//! scenarios in which a user can be met, and the clients that were tried.
//!
//! [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523

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
#[cfg(feature = "rest")]
pub use rest::schema::DescribeError;
pub use scenario::{Scenario, UnknownScenario};
pub use session::TokenFormat;
pub use user::User;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
