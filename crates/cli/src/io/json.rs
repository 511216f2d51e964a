//! JSON for people: indented, and coloured if the terminal shows colours.

use anstyle::{AnsiColor, Style};

use crate::io::look::Look;

/// Indents JSON that arrives in pieces. Values are not changed, nor is text between documents.
pub(crate) struct Indenter {
    /// The open brackets.
    open: Vec<u8>,
    /// Whether the last bracket was opened just now.
    is_empty: bool,
    /// Whether the next string of the object is a name.
    is_name: bool,
    string: Option<Text>,
}

/// A position in a string.
#[derive(Clone, Copy, PartialEq)]
enum Text {
    Plain,
    /// After a backslash.
    Escaped,
}

impl Indenter {
    pub(crate) const fn new() -> Self {
        Self { open: Vec::new(), is_empty: false, is_name: false, string: None }
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
        if let Some(text) = self.string {
            out.push(byte);
            self.string = match (text, byte) {
                (Text::Plain, b'"') => None,
                (Text::Plain, b'\\') => Some(Text::Escaped),
                _ => Some(Text::Plain),
            };
            if self.string.is_none() && look.has_color() {
                out.extend(b"\x1b[0m");
            }
            return;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                if self.open.is_empty() {
                    out.push(byte);
                }
            }
            b'}' | b']' => {
                self.open.pop();
                if !self.is_empty {
                    self.line(out);
                }
                self.is_empty = false;
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                self.line(out);
                self.is_name = true;
            }
            b':' => {
                out.extend(b": ");
                self.is_name = false;
            }
            _ => {
                if std::mem::take(&mut self.is_empty) {
                    self.line(out);
                }
                match byte {
                    b'{' | b'[' => {
                        self.open.push(byte);
                        (self.is_empty, self.is_name) = (true, true);
                    }
                    b'"' => {
                        self.string = Some(Text::Plain);
                        if look.has_color() {
                            let is_name = self.is_name && self.open.last() == Some(&b'{');
                            let style = if is_name { NAME } else { STRING };
                            out.extend(style.render().to_string().into_bytes());
                        }
                    }
                    _ => {}
                }
                out.push(byte);
            }
        }
    }

    fn line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + 2 * self.open.len(), b' ');
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
}
