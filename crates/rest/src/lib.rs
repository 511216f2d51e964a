//! Calls to the Salesforce REST API.
//!
//! [`Org`] puts the path, the token and the usual headers to a request, and makes one
//! [`RestError`] of the three shapes in which Salesforce reports failure.
//!
//! A token that has ended costs one new login and one further attempt. What passes by itself is
//! tried again, unless something could be done twice. Connections are kept alive, answers may be
//! gzip, and a query is held page by page.
//!
//! What is *not* done here: nothing is read from files, printed or asked; no redirect is followed.
//!
//! ```no_run
//! use orgtoken_client::{LoginSource, Transport};
//! use orgtoken_rest::{Org, RestError, TIMEOUTS};
//!
//! # async fn accounts(transport: Transport, source: LoginSource) -> Result<(), RestError> {
//! let org = Org::new(transport.with_timeouts(TIMEOUTS), source, 65);
//! let mut pages = org.query("SELECT Id, Name FROM Account");
//! while let Some(page) = pages.next().await? {
//!     println!("{} of {} accounts", page.records.len(), page.total_size);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The API is described in the [REST API Developer Guide].
//!
//! [REST API Developer Guide]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/

#![forbid(unsafe_code)]

mod about;
pub use about::{Limit, Version};
mod backoff;
pub use backoff::Backoff;
mod body;
pub use body::Body;
mod collections;
mod composite;
pub use composite::{Part, PartAnswer};
mod error;
pub use error::RestError;
mod failure;
pub use failure::{Failure, Problem};
mod gzip;
mod offered;
pub use offered::Offered;
mod org;
pub use org::{Org, TIMEOUTS};
mod path;
mod pool;
mod query;
pub use query::{Page, Query};
mod records;
mod saved;
pub use saved::Saved;
mod tokens;
pub use tokens::Tokens;
mod usage;
pub use usage::Usage;
