//! Calls to the Salesforce REST API.
//!
//! [`Org`] puts the path, the token and the usual headers to a request, and makes one
//! [`RestError`] of the three shapes in which Salesforce reports failure.
//!
//! What is *not* done here: nothing is retried, no connection is kept, no answer is taken apart.
//!
//! ```no_run
//! use bytes::Bytes;
//! use http::{HeaderMap, Method};
//! use orgtoken_client::{LoggedIn, Transport};
//! use orgtoken_rest::{Org, RestError, TIMEOUTS, Usage};
//!
//! # async fn accounts(transport: Transport, granted: LoggedIn) -> Result<(), RestError> {
//! let org = Org::new(transport.with_timeouts(TIMEOUTS), granted.into_token(), 65);
//! let path = "query?q=SELECT Id, Name FROM Account LIMIT 5";
//! let answer = org.request(Method::GET, path, HeaderMap::new(), Bytes::new()).await?;
//! println!("{} bytes, {:?}", answer.body().len(), Usage::of(answer.headers()));
//! # Ok(())
//! # }
//! ```
//!
//! The API is described in the [REST API Developer Guide].
//!
//! [REST API Developer Guide]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/

#![forbid(unsafe_code)]

mod error;
pub use error::RestError;
mod failure;
pub use failure::{Failure, Problem};
mod offered;
pub use offered::Offered;
mod org;
pub use org::{Org, TIMEOUTS};
mod path;
mod usage;
pub use usage::Usage;
