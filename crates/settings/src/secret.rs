//! Secret text.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is or contains a secret, wiped on drop.
///
/// It implements neither `Display` nor `Serialize`, `Deref` or `Clone`: only [`SecretText::secret`]
/// returns the text.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Returns the text.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        let text = SecretText::from("s3cr3t".to_owned());
        assert_eq!(format!("{text:?}"), "SecretText([redacted])");
    }
}
