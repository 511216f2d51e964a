//! Diagnoses Salesforce logins: what fails, why, and how to fix it.
//!
//! A [`Diagnosis`] checks settings, key and certificate, then the connection to the token endpoint,
//! then logs in once and tries the token. Each [`Check`] results in a [`Finding`]: a verdict, what
//! was found, and a remedy. A refusal is reported with its possible causes, ranked by evidence.
//!
//! The diagnosis uses the same code as a login: [`Transport`](orgtoken_client::Transport),
//! [`Login`](orgtoken_client::Login), [`Settings`](orgtoken_settings::Settings) and
//! [`Resolution`](orgtoken_oauth::Resolution). It makes at most one login, with the one fallback
//! attempt of `Login`. It uses no token cache, and prints nothing.
//!
//! [`setup_steps`] has the steps in Salesforce that configure a login, and [`setup_answers`] validates
//! the answers of the user.
//!
//! ```no_run
//! use orgtoken_assertion::UnixTime;
//! use orgtoken_client::{Login, Transport};
//! use orgtoken_doctor::{Diagnosis, Evidence, Target};
//! use orgtoken_settings::Settings;
//!
//! # async fn examine(settings: Settings, login: Login, clock: fn() -> UnixTime) {
//! let mut diagnosis = Diagnosis::new(clock, |finding| println!("{}", finding.detail));
//! let target = Target::new(&settings, Evidence::default());
//! diagnosis.check_offline(&settings, &target);
//! let report = diagnosis.check_online(target, &login, &Transport::builder().build()).await;
//! assert!(report.first_failure().is_none());
//! # }
//! ```

#![forbid(unsafe_code)]

mod causes;
mod check;
pub use check::Check;
mod connectivity;
mod diagnosis;
pub use diagnosis::Diagnosis;
mod finding;
pub use finding::{Finding, Likelihood, PossibleCause, Verdict};
mod login;
mod offline;
mod org;
mod target;
pub use target::{Evidence, Target};
mod report;
pub use report::Report;
pub mod setup_answers;
pub mod setup_steps;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
