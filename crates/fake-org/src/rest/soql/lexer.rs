//! The tokens of a query.

use super::{Literal, Name, Result, SoqlError};
use crate::clock::to_api;
use crate::rest::number;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The position of its first byte.
    pub(super) at: usize,
    /// The position after its last byte.
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    End,
    Literal(Literal),
    /// One of `, ( ) . : = != <> < <= > >=`.
    Sign(&'static str),
    /// Any other character, which the parser refuses.
    Unexpected,
    Word(String),
}

/// Returns the tokens of a query. The last one is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let Some(first) = rest.chars().next() else {
            tokens.push(Token { kind: Kind::End, at, end: at });
            return Ok(tokens);
        };
        let (kind, length) = match first {
            '\'' => quoted(rest, at)?,
            '0'..='9' | '-' | '+' => number_or_date(rest, at)?,
            _ if is_word(first) => word(rest),
            _ => sign(rest, first),
        };
        tokens.push(Token { kind, at, end: at + length });
        at += length;
    }
}

impl Token {
    /// Returns the word, if the token is one.
    pub(super) fn name(&self) -> Option<Name> {
        match &self.kind {
            Kind::Word(text) => Some(Name { text: text.clone(), at: self.at }),
            _ => None,
        }
    }

    /// Whether it is this sign, or this word, ignoring case.
    pub(super) fn is(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Sign(own) => *own == text,
            Kind::Word(own) => own.eq_ignore_ascii_case(text),
            _ => false,
        }
    }
}

fn word(rest: &str) -> (Kind, usize) {
    let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    let word = &rest[..length];
    let kind = match word.to_ascii_lowercase().as_str() {
        "false" => Kind::Literal(Literal::Bool(false)),
        "null" => Kind::Literal(Literal::Null),
        "true" => Kind::Literal(Literal::Bool(true)),
        _ => Kind::Word(word.to_owned()),
    };
    (kind, length)
}

fn sign(rest: &str, first: char) -> (Kind, usize) {
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => (Kind::Sign(sign), sign.len()),
        None => (Kind::Unexpected, first.len_utf8()),
    }
}

fn quoted(rest: &str, at: usize) -> Result<(Kind, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' => return Ok((Kind::Literal(Literal::Text(text)), place + 1)),
            '\\' => {
                let bad = || bad_escape(at + place);
                match letters.next().ok_or_else(bad)?.1 {
                    letter @ ('%' | '_') => text.extend([LITERALLY, letter]),
                    'u' => {
                        let digits: String =
                            letters.by_ref().take(4).map(|(_, letter)| letter).collect();
                        let is_hex =
                            digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
                        text.push(code.and_then(char::from_u32).ok_or_else(bad)?);
                    }
                    letter => text.push(unescaped(letter).ok_or_else(bad)?),
                }
            }
            _ => text.push(letter),
        }
    }
    Err(SoqlError::malformed(at, "line 1:1 mismatched character '<EOF>' expecting '''"))
}

fn unescaped(letter: char) -> Option<char> {
    Some(match letter {
        '\'' | '"' | '\\' => letter,
        'b' | 'B' => '\u{8}',
        'f' | 'F' => '\u{c}',
        'n' | 'N' => '\n',
        'r' | 'R' => '\r',
        't' | 'T' => '\t',
        _ => return None,
    })
}

pub(super) fn bad_escape(at: usize) -> SoqlError {
    SoqlError::malformed(
        at,
        "Invalid string literal. Illegal character sequence in string literal.",
    )
}

fn number_or_date(rest: &str, at: usize) -> Result<(Kind, usize)> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || "+-.:".contains(letter);
    let length = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
    let text = &rest[..length];
    let literal = if text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10 {
        Some(Literal::Date(text.to_owned()))
    } else if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        Some(Literal::DateTime(to_api(moment)))
    } else {
        number::parse(text).map(Literal::Number)
    };
    let literal = literal.ok_or_else(|| SoqlError::unexpected(at, text))?;
    Ok((Kind::Literal(literal), length))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Longer signs first because `<=` begins with `<`.
const SIGNS: [&str; 12] = ["!=", "<>", "<=", ">=", "<", ">", "=", ",", "(", ")", ".", ":"];
/// Precedes a `%` or `_` that is not a wildcard in a pattern of `LIKE`. A noncharacter, which no text
/// contains.
pub(super) const LITERALLY: char = '\u{ffff}';
