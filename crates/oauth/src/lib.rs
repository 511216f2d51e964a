//! The OAuth 2.0 JWT bearer flow of Salesforce as data: requests, responses, refusals.
//!
//! All functions depend on their arguments only. This crate uses no file, socket, clock,
//! environment or task, and nothing is random. The caller passes in the time, sends the request
//! with any HTTP client, and passes in the response.
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
//! // Send it, then read the response.
//! # let _ = request;
//! let response = Response::builder()
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"access_token":"00D...!AQ...","instance_url":"https://acme.my.salesforce.com"}"#)?;
//! let token = Token::from_http(&response, now, &allowed)?;
//! assert_eq!(token.instance_url(), &acme);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Decisions of this crate
//!
//! * **Destination of an assertion.** [`AllowedHosts`] is the list of hosts. [`LoginUrl`] and
//!   the other URL types are valid by construction. [`Resolution`] chooses endpoint and audience,
//!   each with a reason.
//! * **Content of a response.** [`Token::from_http`] returns a [`Token`] or a
//!   [`TokenResponseError`]. Of the body, only the code and the description of a [`Refusal`] are
//!   ever shown.
//! * **Meaning of a refusal.** The [`catalogue`] has the causes, how to recognize them, and the
//!   Setup screen to open. [`Refusal::from_text`] reads the output of other tools.
//! * **Assertions of a login.** [`LoginPlan`] decides their claims and number.
//! * **Retries and renewal.** [`RetryPolicy`] and [`RenewalSchedule`] work with times
//!   that the caller passes in.
//!
//! The grant is [RFC 7523], the responses are [RFC 6749, Section 5], and tokens are sent as in
//! [RFC 6750]. Refresh tokens and other grants are out of scope: this flow has none.
//!
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523
//! [RFC 6749, Section 5]: https://www.rfc-editor.org/rfc/rfc6749#section-5
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750

#![forbid(unsafe_code)]

mod response;
pub use response::{TokenResponseError, retry_after};
mod audience;
pub use audience::Audience;
pub mod catalogue;
mod endpoint;
pub use endpoint::{InstanceUrl, LoginUrl, TokenEndpoint};
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
