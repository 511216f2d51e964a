//! Calls to the Salesforce REST API.
//!
//! [`Org`] puts the path, the token and the usual headers to a request, and makes one
//! [`RestError`] of the three shapes in which Salesforce reports failure.
//!
//! A session that has ended, or an org that has moved, costs one new login and one further attempt.
//! Transient failures are retried, unless something could be done twice. Connections are kept alive,
//! answers may be gzip, and one page of a query is in memory at a time. Numbers keep their digits
//! ([`Value`]), and [`Columns`] makes rows of records. No redirect is followed.
//!
//! [`load`] does one thing with each row of a record file: it checks the file as a whole first,
//! reports the outcome of every row, and can be resumed.
//!
//! ```
//! use orgtoken_rest::{Org, TIMEOUTS};
//!
//! # use std::sync::Arc;
//! # use orgtoken_client::{Login, LoginSource, Proxy, Roots, Transport};
//! # use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
//! # use orgtoken_fake_org::{AppKey, FakeOrg, User};
//! # let app = AppKey::generate();
//! # let server = FakeOrg::builder().tls(true).certificate(app.certificate_pem());
//! # let server = server.client_id("3MVG9…").user(User::new("robot@acme.com")).start()?;
//! # let acme = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none())?;
//! # let resolution = Resolution::resolve(None, Some(&acme), None)?;
//! # let key = Arc::new(orgtoken_assertion::SigningKey::from_bytes(app.secret().as_bytes())?);
//! # let login = Login::new("3MVG9…", "robot@acme.com", key, resolution);
//! # let transport = Transport::builder()
//! #     .proxy(Proxy::new(&server.proxy_url(), "")?)
//! #     .roots(Roots::Pem(server.ca_pem().unwrap().into()))
//! #     .build();
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let source = LoginSource::new(login, transport.clone());
//! let org = Org::new(transport.with_timeouts(TIMEOUTS), source, 65);
//!
//! let saved = org.create("Account", &serde_json::json!({ "Name": "Acme" })).await?;
//! assert!(saved.is_success());
//!
//! let mut pages = org.query("SELECT Id, Name FROM Account");
//! while let Some(page) = pages.next().await? {
//!     println!("{} of {} accounts", page.records.len(), page.total_size);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The API is described in the [REST API Developer Guide].
//!
//! [REST API Developer Guide]: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/

#![forbid(unsafe_code)]

mod backoff;
pub use backoff::Backoff;
mod body;
pub use body::Body;
mod collections;
mod composite;
pub use composite::{Subrequest, Subresponse};
mod describe;
mod error;
pub use error::{ApiError, Problem, RestError};
mod flatten;
pub use flatten::{Columns, is_count, without_attributes};
mod gzip;
mod info;
pub use info::{Limit, Version};
pub mod load;
mod next_page;
pub use next_page::next_page;
mod org;
pub use org::{Org, TIMEOUTS};
mod path;
mod query;
pub use query::{Page, Query};
mod records;
mod save_result;
pub use save_result::SaveResult;
mod tokens;
pub use tokens::Tokens;
mod usage;
pub use usage::Usage;
mod value;
pub use value::{Number, NumberError, Object, Value};
