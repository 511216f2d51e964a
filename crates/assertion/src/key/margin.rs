//! What mails, listings and logs put before each line of a text: `> `, `// `, `12: `, a time.

/// How long the like of `pattern` at the start of `line` is: the same characters, but other numbers
/// and as many blanks as there are.
pub(super) fn of(line: &[u8], mut pattern: &[u8]) -> Option<usize> {
    let mut rest = line;
    while let Some(&byte) = pattern.first() {
        let (in_pattern, in_line) = match byte {
            b'0'..=b'9' => (run(pattern, u8::is_ascii_digit), run(rest, u8::is_ascii_digit)),
            b' ' | b'\t' => (run(pattern, is_blank), run(rest, is_blank)),
            byte => (1, usize::from(rest.first() == Some(&byte))),
        };
        if in_line == 0 && !is_blank(&byte) {
            return None;
        }
        (pattern, rest) = (&pattern[in_pattern..], &rest[in_line..]);
    }
    Some(line.len() - rest.len())
}

fn run(text: &[u8], is: fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| is(byte)).count()
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_margin_has_other_numbers_and_other_blanks() {
        for (name, pattern, line, len) in [
            ("none", "", "MIIE", Some(0)),
            ("mail", "> ", "> MIIE", Some(2)),
            ("mail, no blank", "> ", ">MIIE", Some(1)),
            ("numbered", "     1\t", "    12\tMIIE", Some(7)),
            ("a log", "10:59:59 INFO ", "11:00:00 INFO MIIE", Some(14)),
            ("a diff", "+", "+MIIE", Some(1)),
            ("a name", "key: \"", "MIIE", None),
            ("a comment on the first line alone", "# ", "MIIE", None),
            ("a number on the first line alone", "1. ", "MIIE", None),
        ] {
            assert_eq!(of(line.as_bytes(), pattern.as_bytes()), len, "{name}");
        }
    }
}
