//! Decodes text files.

use crate::input::MAX_SETTINGS;
use crate::problems::ProblemKind;

/// Decodes UTF-8 with or without a byte order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, ProblemKind> {
    if bytes.len() > MAX_SETTINGS {
        return Err(ProblemKind::TooLarge { limit: MAX_SETTINGS / 1024, unit: "KiB" });
    }
    if is_utf16(bytes) {
        return Err(ProblemKind::Utf16);
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| ProblemKind::Encoding { offset: error.valid_up_to() })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Whether the text begins with a UTF-16 byte order mark, or has a NUL next to the first letter.
/// PowerShell writes such files.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [0, first, ..] | [first, 0, ..] if *first != 0)
}
