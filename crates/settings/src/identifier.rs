//! Checks that usernames and Consumer Keys share.

use crate::problems::ProblemKind;

/// Refuses text that is too long, and characters that are invisible or not allowed by `is_allowed`.
pub(crate) fn check(text: &str, is_allowed: impl Fn(char) -> bool) -> Result<(), ProblemKind> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(ProblemKind::TooLarge { limit: MAX_CHARACTERS, unit: "characters" });
    }
    match text.chars().enumerate().find(|(_, c)| is_invisible(*c) || !is_allowed(*c)) {
        None => Ok(()),
        Some((index, c)) => Err(ProblemKind::Character { code: c.into(), position: index + 1 }),
    }
}

/// Whether the character is a blank, a control character, or one that hides or reverses text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

const MAX_CHARACTERS: usize = 512;
