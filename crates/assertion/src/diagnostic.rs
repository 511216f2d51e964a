use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::error::Error;

/// An error with a code for programs and a hint for the user.
///
/// All error types of the orgtoken crates implement it.
pub trait Diagnostic: Error {
    /// Returns the name of the error, such as `key.der`. It never changes, so programs may rely on
    /// it.
    fn code(&self) -> &str;

    /// Returns the next step for the user, in one imperative sentence.
    fn hint(&self) -> Option<Cow<'_, str>>;
}

impl<T: Diagnostic + ?Sized> Diagnostic for Arc<T> {
    fn code(&self) -> &str {
        (**self).code()
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        (**self).hint()
    }
}
