//! Calls to the Salesforce REST API.
//!
//! [`Org`] adds the path, the token and the usual headers to a request. Salesforce reports failures
//! in three shapes; all of them become a [`RestError`].
//!
//! If the session has expired or the org has moved, there is one new login and one further attempt.
//! Transient failures are retried unless something could be done twice. Redirects are not followed.
//! Connections stay open, responses may be gzip, and one page of a query is in memory at a time.
//! Records are types of your own, or [`Object`]s, whose numbers keep their digits ([`Value`]).
//! [`Columns`] turns records into rows of a table.
//!
//! [`load`] creates, updates, upserts or deletes a record for each row of a file. It checks the
//! whole file first, reports the outcome of every row, and can be resumed. [`bulk`] has the jobs of
//! Bulk API 2.0.
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
//! #[derive(serde::Deserialize, serde::Serialize)]
//! #[serde(rename_all = "PascalCase")]
//! struct Account {
//!     name: String,
//! }
//!
//! let saved = org.create("Account", &Account { name: "Acme".into() }).await?;
//! assert!(saved.is_success());
//!
//! for account in org.query("SELECT Name FROM Account").rows::<Account>().await? {
//!     println!("{}", account.name);
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

#[cfg(feature = "tower")]
mod authorize;
#[cfg(feature = "tower")]
pub use authorize::{Authorize, AuthorizeError, AuthorizeLayer};
mod backoff;
pub use backoff::Backoff;
mod body;
pub use body::Body;
pub mod bulk;
mod collections;
mod composite;
mod describe;
pub use describe::{FieldDescription, ObjectDescription, PicklistValue};
mod error;
pub use error::{ApiError, Problem, RestError};
mod files;
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
mod record_options;
pub use record_options::{AssignmentRule, RecordOptions};
mod records;
pub use records::RecordKey;
mod save_result;
pub use save_result::SaveResult;
mod soql;
pub use soql::{ListError, ListQuery, without_comments};
mod tokens;
pub use tokens::Tokens;
mod usage;
pub use usage::Usage;
mod value;
pub use value::{Number, NumberError, Object, Value};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
