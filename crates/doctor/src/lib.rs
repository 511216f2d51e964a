//! Finds out why a Salesforce login does not work, and says what to change.
//!
//! A [`Diagnosis`] looks at settings, key and certificate first, then at the way to the token
//! endpoint, then logs in once, and last tries what the token is good for. Each [`Check`] becomes
//! a [`Finding`]: a verdict, what was seen, and a remedy. A refusal comes with its causes from the
//! catalogue, the likeliest first, each weighed against what was seen on the way.
//!
//! It uses the code that gets tokens: [`Transport`](orgtoken_client::Transport),
//! [`Login`](orgtoken_client::Login), [`Settings`](orgtoken_settings::Settings) and
//! [`Resolution`](orgtoken_oauth::Resolution). What is *not* done here: nothing is connected,
//! parsed or resolved in any other way, no token is taken from a cache or put there, nothing is
//! printed, and there is one login at the most, with the one further attempt that `Login` allows
//! itself.
//!
//! [`setup_steps`] has the steps in Salesforce that come before.
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
pub mod setup_steps;
