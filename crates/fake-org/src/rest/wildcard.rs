//! Wildcards, of `LIKE` and of a search.

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Any text, also an empty one.
    Any,
    Letter(char),
    /// One character.
    One,
}

/// Whether a pattern matches a whole text. There is no recursion, so that no pattern takes
/// exponential time or overflows the stack.
pub(super) fn matches(text: &str, pattern: impl IntoIterator<Item = Part>) -> bool {
    let text: Vec<char> = text.chars().collect();
    // `reached[n]`: whether the pattern so far matches the first `n` characters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for part in pattern {
        let Some(first) = reached.iter().position(|&can| can) else { return false };
        if matches!(part, Part::Any) {
            reached[first..].fill(true);
            continue;
        }
        for place in (first..text.len()).rev() {
            let fits = matches!(part, Part::One)
                || matches!(part, Part::Letter(letter) if letter == text[place]);
            reached[place + 1] = reached[place] && fits;
        }
        reached[first] = false;
    }
    reached[text.len()]
}
