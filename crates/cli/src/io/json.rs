//! JSON for people: indented, and coloured if the terminal shows colours.

use anstyle::{AnsiColor, Reset, Style};

use crate::io::look::Look;

/// Indents JSON that arrives in pieces. Values are not changed, nor is text between documents.
pub(crate) struct Indenter {
    /// The open brackets.
    open: Vec<u8>,
    /// The last byte that is neither white space nor in a string.
    last: u8,
    /// Whether the next byte of the current string is escaped; `None` between strings.
    string: Option<bool>,
}

impl Indenter {
    pub(crate) const fn new() -> Self {
        Self { open: Vec::new(), last: b'\n', string: None }
    }

    /// Returns the next piece for this look.
    pub(crate) fn indented(&mut self, piece: &[u8], look: Look) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() * 2);
        for byte in piece {
            self.add(*byte, look, &mut out);
        }
        out
    }

    fn add(&mut self, byte: u8, look: Look, out: &mut Vec<u8>) {
        if let Some(is_escaped) = self.string {
            out.push(byte);
            let ends = byte == b'"' && !is_escaped;
            self.string = (!ends).then_some(byte == b'\\' && !is_escaped);
            if ends && look.has_color() {
                out.extend(Reset.render().to_string().bytes());
            }
            return;
        }
        if byte.is_ascii_whitespace() {
            if self.open.is_empty() {
                out.push(byte);
            }
            return;
        }
        let before = std::mem::replace(&mut self.last, byte);
        let is_first = matches!(before, b'{' | b'[');
        let closes = matches!(byte, b'}' | b']');
        if closes {
            self.open.pop();
        }
        if (closes && !is_first) || (!closes && is_first) || before == b',' {
            out.push(b'\n');
            out.resize(out.len() + 2 * self.open.len(), b' ');
        }
        match byte {
            b'{' | b'[' => self.open.push(byte),
            b'"' => {
                self.string = Some(false);
                let is_name = before != b':' && self.open.last() == Some(&b'{');
                if look.has_color() {
                    let style = if is_name { NAME } else { STRING };
                    out.extend(style.render().to_string().bytes());
                }
            }
            _ => {}
        }
        out.push(byte);
        if byte == b':' {
            out.push(b' ');
        }
    }
}

/// The colours of `gh api`.
const NAME: Style = AnsiColor::Blue.on_default().bold();
const STRING: Style = AnsiColor::Green.on_default();

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(json: &str, at: usize) -> String {
        let mut indenter = Indenter::new();
        let (one, other) = json.as_bytes().split_at(at);
        let look = Look::terminal(80);
        let parts = [indenter.indented(one, look), indenter.indented(other, look)];
        String::from_utf8(parts.concat()).unwrap()
    }

    #[test]
    fn json_is_indented_and_its_values_stay() {
        for (json, expected) in [
            ("{}\n", "{}\n"),
            ("[ ]", "[]"),
            ("1.50\n\"a b\"\n", "1.50\n\"a b\"\n"),
            (
                r#"{"a":12345678901234567890,"b":[1e400,0.1000,true],"c":{}}"#,
                "{\n  \"a\": 12345678901234567890,\n  \"b\": [\n    1e400,\n    0.1000,\n    true\n  ],\n  \
                 \"c\": {}\n}",
            ),
            (
                r#"[{"q\"}":"x, {y}: \\"} ,{"å":[[]]}]"#,
                "[\n  {\n    \"q\\\"}\": \"x, {y}: \\\\\"\n  },\n  {\n    \"å\": [\n      []\n    ]\n  }\n]",
            ),
        ] {
            for at in 0..=json.len() {
                assert_eq!(indented(json, at), expected, "{json} at {at}");
            }
            assert_eq!(indented(expected, 0), expected);
        }
    }

    #[test]
    fn color_of_a_string_ends_with_it() {
        let look = Look::terminal(80).with_color();
        let text = Indenter::new().indented(br#"{"a":"x\"y"}"#, look);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "{\n  \u{1b}[1m\u{1b}[34m\"a\"\u{1b}[0m: \u{1b}[32m\"x\\\"y\"\u{1b}[0m\n}"
        );
    }
}
