//! What usernames and Consumer Keys have in common.

use crate::problems::ProblemKind;

/// Refuses what is too long, and characters that nobody can see or that `may_stand` refuses.
pub(crate) fn check(text: &str, may_stand: impl Fn(char) -> bool) -> Result<(), ProblemKind> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(ProblemKind::TooLarge { limit: MAX_CHARACTERS, unit: "characters" });
    }
    match text.chars().enumerate().find(|(_, c)| is_unseen(*c) || !may_stand(*c)) {
        None => Ok(()),
        Some((index, c)) => Err(ProblemKind::Character { code: c.into(), position: index + 1 }),
    }
}

/// Blanks, control characters, and those that turn or hide the text around them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

const MAX_CHARACTERS: usize = 512;
