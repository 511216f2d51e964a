//! The OAuth 2.0 JWT bearer flow of Salesforce as data: requests, answers, refusals.
//!
//! Everything here is a pure function of its arguments: no file, socket, clock, environment or
//! task is touched, and nothing is random. The caller passes the time in, carries the request out
//! with an HTTP client of their own, and brings the answer back.
//!
//! ```
//! use http::Response;
//! use orgtoken_assertion::{Claims, SigningKey, UnixTime};
//! use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution, Token, TokenRequest};
//!
//! # const KEY: &[u8] = include_bytes!(concat!(
//! #     env!("CARGO_MANIFEST_DIR"),
//! #     "/../assertion/testdata/rfc7515-a2.pem"
//! # ));
//! let now = UnixTime::from_secs(1_700_000_000);
//! let allowed = AllowedHosts::none();
//! let acme = InstanceUrl::parse("https://acme.my.salesforce.com", &allowed)?;
//! let resolution = Resolution::resolve(None, Some(&acme), None)?;
//!
//! let key = SigningKey::from_bytes(KEY)?;
//! let claims = Claims::builder(now)
//!     .issuer("3MVG9...")
//!     .subject("user@acme.com")
//!     .audience(resolution.audience().as_str())
//!     .build()?;
//! let request = TokenRequest::new(resolution.endpoint(), claims.sign(&key)?).to_http();
//! assert_eq!(request.uri(), "https://acme.my.salesforce.com/services/oauth2/token");
//!
//! // Carry it, then read what came back.
//! # let _ = request;
//! let response = Response::builder()
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"access_token":"00D...!AQ...","instance_url":"https://acme.my.salesforce.com"}"#)?;
//! let token = Token::from_http(&response, now, &allowed)?;
//! assert_eq!(token.instance_url(), &acme);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is decided here
//!
//! * **Where an assertion may go.** [`AllowedHosts`] is the list, [`LoginUrl`] and its sisters are
//!   valid by construction, [`Resolution`] chooses endpoint and audience and says why.
//! * **What an answer is.** [`Token::from_http`] gives a [`Token`] or an [`TokenResponseError`]; no part
//!   of a body is shown but the code and the description of a [`Refusal`].
//! * **What a refusal means.** [`catalogue`] knows the causes, how to tell them apart, and the
//!   screen of Setup to open; [`Refusal::from_text`] reads what other tools print.
//! * **What an assertion says.** [`LoginPlan`] decides it for each one of a login, and when there is
//!   another one.
//! * **When to try again, and when to renew.** [`RetryPolicy`] and [`RenewalSchedule`], over given times.
//!
//! The grant is [RFC 7523], its answers are [RFC 6749, Section 5], tokens are sent as [RFC 6750]
//! says. Refresh tokens and other grants are not here: this flow has none.
//!
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523
//! [RFC 6749, Section 5]: https://www.rfc-editor.org/rfc/rfc6749#section-5
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750

#![forbid(unsafe_code)]

mod response;
pub use response::TokenResponseError;
mod audience;
pub use audience::Audience;
pub mod catalogue;
mod endpoint;
pub use endpoint::{InstanceUrl, LoginUrl, TokenEndpoint};
mod identity;
pub use identity::IdentityUrl;
mod cache_format;
mod renewal;
pub use renewal::{Freshness, RenewalSchedule};
mod plan;
pub mod redact;
pub use plan::LoginPlan;
mod refusal;
pub use refusal::{Refusal, RefusalClass};
mod request;
pub use request::TokenRequest;
mod resolution;
pub use resolution::Resolution;
mod retry;
pub use retry::{Fault, RetryPolicy};
pub mod session;
mod skew;
pub use skew::Skew;
mod text;
mod token;
mod tool_output;
pub use token::{AccessToken, Token};
mod url;
pub use url::{AllowedHosts, HostProblem, UrlError};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
