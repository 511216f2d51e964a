//! The OAuth 2.0 JWT bearer flow of Salesforce as data: requests, answers, refusals.

#![forbid(unsafe_code)]

mod answer;
pub use answer::AnswerError;
mod audience;
pub use audience::Audience;
pub mod catalogue;
mod endpoint;
pub use endpoint::{InstanceUrl, LoginUrl, TokenEndpoint};
mod foreign;
mod identity;
pub use identity::IdentityUrl;
mod kept;
mod life;
pub use life::{Life, Step};
mod refusal;
pub use refusal::{Refusal, RefusalClass};
mod request;
pub use request::TokenRequest;
mod resolution;
pub use resolution::{Candidate, Resolution};
mod retry;
pub use retry::{Fault, Retry, RetryPolicy, Stop};
pub mod session;
mod skew;
pub use skew::Skew;
mod text;
mod token;
pub use token::{AccessToken, Token};
mod url;
pub use url::{AllowedHosts, HostProblem, UrlError};
