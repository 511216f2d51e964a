//! Finds out how a person broke their JSON. It runs only on text that `serde_json` refused.

use super::syntax::{MAX_DEPTH, Near, OtherFormat, Syntax};
use crate::setting::Setting;
use crate::spelling;

/// Where JSON is broken, and how. Line and column count characters from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Diagnosis {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) syntax: Syntax,
}

/// Finds the first fault; `refused` is the line and column at which `serde_json` gave up, for the
/// rare text in which we find none.
pub(super) fn diagnose(text: &str, refused: (usize, usize)) -> Diagnosis {
    if let Some(other) = other_format(text) {
        return Diagnosis { line: 1, column: 1, syntax: Syntax::NotJson(other) };
    }
    let mut scan = Scan { text, at: 0, name: "", known: None };
    match scan.document() {
        Err(syntax) => {
            let (line, column) = scan.position();
            Diagnosis { line, column, syntax }
        }
        Ok(()) => {
            Diagnosis { line: refused.0, column: refused.1, syntax: Syntax::Unexpected(None) }
        }
    }
}

/// Something else than JSON altogether.
fn other_format(text: &str) -> Option<OtherFormat> {
    let text = text.trim_start();
    let first_line = text.lines().next().unwrap_or_default().trim_end();
    Some(if text.starts_with("-----BEGIN CERT") {
        OtherFormat::Certificate
    } else if text.starts_with("-----BEGIN") {
        OtherFormat::PrivateKey
    } else if text.starts_with('<') && !text.starts_with("<<") {
        let start = text.get(..9).unwrap_or(text).to_ascii_lowercase();
        let is_page = start.starts_with("<!doctype") || start.starts_with("<html");
        if is_page { OtherFormat::Html } else { OtherFormat::Xml }
    } else if text.starts_with("force://") {
        OtherFormat::AuthUrl
    } else if text.starts_with("[profile") || first_line.starts_with("default_profile") {
        OtherFormat::Toml
    } else if first_line.starts_with("export ") || is_assignment(first_line) {
        OtherFormat::Variables
    } else if text.starts_with(is_of_text) && text.contains('{') {
        OtherFormat::TextAround
    } else if first_line == "---" || is_entry(first_line) {
        OtherFormat::Yaml
    } else if is_section(first_line) {
        OtherFormat::Ini
    } else {
        return None;
    })
}

fn is_assignment(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// What begins a sentence, a table or a fence, and no JSON.
fn is_of_text(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '`' | '|' | '*')
}

/// `name: value`
fn is_entry(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, value)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && (value.is_empty() || value.starts_with(' '))
    })
}

/// `[name]`
fn is_section(line: &str) -> bool {
    let name = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
    })
}

/// A walk over JSON that keeps no value. After a fault, `at` is its place.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// The last name that was read.
    name: &'a str,
    /// The last name that is one of a setting.
    known: Near,
}

impl<'a> Scan<'a> {
    fn document(&mut self) -> Result<(), Syntax> {
        self.blanks()?;
        self.value(0)?;
        self.blanks()?;
        if self.peek().is_some() { Err(Syntax::ExtraText) } else { Ok(()) }
    }

    fn value(&mut self, depth: usize) -> Result<(), Syntax> {
        if depth > MAX_DEPTH {
            return Err(Syntax::Depth);
        }
        match self.peek() {
            Some('{') => self.entries('}', depth),
            Some('[') => self.entries(']', depth),
            Some('"') => self.string(),
            _ => self.word(),
        }
    }

    /// The inside of an object or a list, from the opening to the closing bracket.
    fn entries(&mut self, close: char, depth: usize) -> Result<(), Syntax> {
        self.skip(1);
        self.blanks()?;
        if self.peek() == Some(close) {
            self.skip(1);
            return Ok(());
        }
        loop {
            if close == '}' {
                self.name()?;
            }
            self.value(depth + 1)?;
            self.blanks()?;
            match self.peek() {
                Some(',') => self.comma(close)?,
                Some(c) if c == close => {
                    self.skip(1);
                    return Ok(());
                }
                None => return Err(Syntax::Ended(self.near())),
                Some(_) => return Err(self.quote_fault_or(Syntax::MissingComma)),
            }
        }
    }

    fn comma(&mut self, close: char) -> Result<(), Syntax> {
        let comma = self.at;
        self.skip(1);
        self.blanks()?;
        if self.peek() == Some(close) {
            self.at = comma;
            return Err(Syntax::TrailingComma(self.near()));
        }
        Ok(())
    }

    /// A name and its colon.
    fn name(&mut self) -> Result<(), Syntax> {
        let start = self.at;
        match self.peek() {
            Some('"') => self.string_of_name(start)?,
            None => return Err(Syntax::Ended(self.near())),
            Some(_) => return Err(self.name_fault()),
        }
        self.blanks()?;
        match self.peek() {
            Some(':') => self.skip(1),
            None => return Err(Syntax::Ended(self.near())),
            Some(_) if self.name.contains(':') => {
                return Err(Syntax::MissingClosingQuote(self.near()));
            }
            Some(_) => return Err(Syntax::MissingColon(self.near())),
        }
        self.blanks()
    }

    fn string_of_name(&mut self, start: usize) -> Result<(), Syntax> {
        self.string().map_err(|syntax| match syntax {
            Syntax::LineBreak(near) => Syntax::MissingClosingQuote(near),
            other => other,
        })?;
        self.name = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        self.known = exactly(self.name).or(self.known);
        Ok(())
    }

    /// What stands where a quoted name should.
    fn name_fault(&mut self) -> Syntax {
        let rest = self.rest();
        let word =
            rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        let near = setting_named(word);
        match rest[word.len()..].chars().next() {
            _ if word.is_empty() => self.quote_fault_or(Syntax::Unexpected),
            Some('"') => Syntax::MissingNameQuote(near),
            _ => Syntax::NameWithoutQuotes(near.or_else(|| self.near())),
        }
    }

    fn string(&mut self) -> Result<(), Syntax> {
        let start = self.at;
        self.skip(1);
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.skip(1);
                    return Ok(());
                }
                '\\' => self.escape()?,
                '\n' | '\r' => return Err(self.line_break(start)),
                c if c < ' ' => return Err(Syntax::ControlCharacter(self.near())),
                c => self.skip(c.len_utf8()),
            }
        }
        self.at = start;
        Err(Syntax::MissingClosingQuote(self.near()))
    }

    /// A line that ends inside a text: a key with its own line breaks, or a forgotten quote.
    fn line_break(&self, start: usize) -> Syntax {
        let is_key = self.near() == Setting::PrivateKey.record_name();
        if is_key || self.text[start..self.at].contains("-----") {
            Syntax::LineBreak(self.near())
        } else {
            Syntax::MissingClosingQuote(self.near())
        }
    }

    fn escape(&mut self) -> Result<(), Syntax> {
        let rest = self.rest().as_bytes();
        let length = match (rest.get(1), code_unit(rest), code_unit(rest.get(6..).unwrap_or(&[]))) {
            (Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'), ..) => 2,
            (_, Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (_, Some(0xd800..=0xdfff) | None, _) => return Err(Syntax::Escape(self.near())),
            (_, Some(_), _) => 6,
        };
        self.skip(length);
        Ok(())
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self) -> Result<(), Syntax> {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', '\n', '\r', ' ', '\t', '"', '/']).unwrap_or(rest.len());
        let word = &rest[..end];
        if serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok() {
            self.skip(end);
            return Ok(());
        }
        Err(match rest.chars().next() {
            None => Syntax::Ended(self.near()),
            Some(c) if c.is_alphanumeric() || c == '-' => Syntax::MissingValueQuote(self.near()),
            Some(_) => self.quote_fault_or(Syntax::Unexpected),
        })
    }

    /// The wrong quotes and comments at this place, or else another fault.
    fn quote_fault_or(&self, other: fn(Near) -> Syntax) -> Syntax {
        let fault = match self.peek() {
            Some('\'' | '`') => Syntax::SingleQuote,
            Some('“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '«' | '»' | '″' | '＂') => {
                Syntax::CurlyQuote
            }
            Some('/' | '#') => Syntax::Comment,
            _ => other,
        };
        fault(self.near())
    }

    fn blanks(&mut self) -> Result<(), Syntax> {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.skip(blanks);
        match self.rest() {
            rest if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') => {
                Err(Syntax::Comment(self.near()))
            }
            _ => Ok(()),
        }
    }

    /// Looked for only after a fault: a text may hold many names.
    fn near(&self) -> Near {
        setting_named(self.name).or(self.known)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn position(&self) -> (usize, usize) {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// The number in an escape such as `\u00e9`.
fn code_unit(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

/// The setting whose name a person wrote, or meant.
fn setting_named(name: &str) -> Near {
    let names = Setting::in_records().map(|(_, name)| name);
    exactly(name).or_else(|| spelling::nearest(name, names))
}

fn exactly(name: &str) -> Near {
    Setting::in_records().map(|(_, name)| name).find(|known| *known == name)
}
