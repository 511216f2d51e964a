//! Texts that are not to be shown.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is, or may hold, a secret.
///
/// There is no `Display`, `Serialize`, `Deref` or `Clone`: [`SecretText::secret`] is the only way
/// out.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The text itself.
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
    fn d2_debug_shows_no_part_of_the_secret() {
        let text = SecretText::from("s3cr3t".to_owned());
        assert_eq!(format!("{text:?}"), "SecretText([redacted])");
    }
}
