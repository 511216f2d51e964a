use core::fmt;

/// The form in which a key was given, such as "PKCS#8 PEM".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyForm {
    pub(super) structure: &'static str,
    /// ` PEM`, ` DER in base64` and so on; empty for JSON.
    pub(super) wrapping: &'static str,
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.structure, self.wrapping)
    }
}
