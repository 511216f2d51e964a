//! From an identity to an access token.

mod attempt;
pub use attempt::{Attempt, AttemptError};
mod error;
pub use error::LoginError;
mod login;
pub use login::{LoggedIn, Login};
mod plan;
