//! The parser of a query.

use super::lexer::{Kind, Token, tokens};
use super::{Comparison, Condition, Item, Key, Literal, Name};
use super::{Operator, Path, Query, Select, SoqlError};

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Query, SoqlError> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, depth: 0, level: 0 };
    let query = parser.query()?;
    match parser.peek().kind {
        Kind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Never empty. The last one is the end.
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// The number of sub-queries around this one.
    level: usize,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, SoqlError> {
        self.keyword("SELECT")?;
        let select = self.select()?;
        self.keyword("FROM")?;
        let object = self.name()?;
        let condition = if self.take_word("WHERE") { Some(self.condition()?) } else { None };
        let order = if self.take_word("ORDER") { self.order()? } else { Vec::new() };
        let limit = if self.take_word("LIMIT") { Some(self.limit()?) } else { None };
        Ok(Query { select, object, condition, order, limit })
    }

    fn order(&mut self) -> Result<Vec<Key>, SoqlError> {
        self.keyword("BY")?;
        let mut keys = vec![self.key()?];
        while self.take_sign(",") {
            keys.push(self.key()?);
        }
        Ok(keys)
    }

    fn key(&mut self) -> Result<Key, SoqlError> {
        let field = self.path()?;
        let descending = !self.take_word("ASC") && self.take_word("DESC");
        Ok(Key { field, descending })
    }

    fn select(&mut self) -> Result<Select, SoqlError> {
        let is_count = self.peek().is_word("COUNT") && self.token(1).is_sign("(");
        if is_count && self.level == 0 {
            self.next += 2;
            self.sign(")")?;
            return Ok(Select::Count);
        }
        let mut items = vec![self.item()?];
        while self.take_sign(",") {
            items.push(self.item()?);
        }
        Ok(Select::Items(items))
    }

    fn item(&mut self) -> Result<Item, SoqlError> {
        let at = self.peek().at;
        if !self.take_sign("(") {
            return Ok(Item::Field(self.path()?));
        }
        self.level += 1;
        if self.level == MAX_LEVELS {
            return Err(SoqlError::new("QUERY_TOO_COMPLICATED", at, "Query is too complicated."));
        }
        let query = self.query()?;
        self.level -= 1;
        self.sign(")")?;
        Ok(Item::Query(Box::new(query)))
    }

    fn path(&mut self) -> Result<Path, SoqlError> {
        let mut names = vec![self.name()?];
        while self.take_sign(".") {
            names.push(self.name()?);
        }
        Ok(Path(names))
    }

    /// Parses `a AND b AND c` or `a OR b OR c`. A mix of the two needs parentheses.
    fn condition(&mut self) -> Result<Condition<Comparison>, SoqlError> {
        let first = self.term()?;
        for (word, join) in [
            ("AND", Condition::All as fn(Vec<Condition<Comparison>>) -> Condition<Comparison>),
            ("OR", Condition::Any),
        ] {
            if self.peek().is_word(word) {
                let mut terms = vec![first];
                while self.take_word(word) {
                    terms.push(self.term()?);
                }
                return Ok(join(terms));
            }
        }
        Ok(first)
    }

    fn term(&mut self) -> Result<Condition<Comparison>, SoqlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.peek().at;
            return Err(SoqlError::new("QUERY_TOO_COMPLICATED", at, "Query is too complicated."));
        }
        let term = if self.take_word("NOT") {
            Condition::Not(Box::new(self.term()?))
        } else if self.take_sign("(") {
            let inner = self.condition()?;
            self.sign(")")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn test(&mut self) -> Result<Condition<Comparison>, SoqlError> {
        let field = self.path()?;
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.list()?,
            _ => vec![self.literal()?],
        };
        Ok(Condition::Test(Comparison { field, operator, values }))
    }

    fn operator(&mut self) -> Result<Operator, SoqlError> {
        if self.peek().is_word("NOT") && self.token(1).is_word("IN") {
            self.next += 2;
            return Ok(Operator::NotIn);
        }
        for (word, operator) in [("IN", Operator::In), ("LIKE", Operator::Like)] {
            if self.take_word(word) {
                return Ok(operator);
            }
        }
        for (sign, operator) in [
            ("=", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.take_sign(sign) {
                return Ok(operator);
            }
        }
        Err(self.unexpected())
    }

    fn list(&mut self) -> Result<Vec<Literal>, SoqlError> {
        self.sign("(")?;
        let mut values = vec![self.literal()?];
        while self.take_sign(",") {
            values.push(self.literal()?);
        }
        self.sign(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, SoqlError> {
        let Kind::Literal(literal) = self.peek().kind.clone() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        Ok(literal)
    }

    fn limit(&mut self) -> Result<usize, SoqlError> {
        match self.peek().kind {
            Kind::Literal(Literal::Number(number)) if number >= 0.0 && number.fract() == 0.0 => {
                self.next += 1;
                Ok(number as usize)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn name(&mut self) -> Result<Name, SoqlError> {
        let name = self.peek().name().filter(|name| !is_reserved(&name.text));
        let name = name.ok_or_else(|| self.unexpected())?;
        self.next += 1;
        Ok(name)
    }

    fn keyword(&mut self, word: &str) -> Result<(), SoqlError> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn sign(&mut self, sign: &str) -> Result<(), SoqlError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_word(word);
        self.next += usize::from(is_it);
        is_it
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_it = self.peek().is_sign(sign);
        self.next += usize::from(is_it);
        is_it
    }

    fn peek(&self) -> &Token {
        self.token(0)
    }

    fn token(&self, ahead: usize) -> &Token {
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)]
    }

    fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        let text = if token.kind == Kind::End { "<EOF>" } else { &self.text[token.at..token.end] };
        SoqlError::unexpected(token.at, text)
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Reserved words: in `SELECT FROM Account`, FROM is not a field.
const RESERVED: [&str; 12] = [
    "AND", "FROM", "GROUP", "IN", "LIKE", "LIMIT", "NOT", "OR", "ORDER", "SELECT", "USING", "WHERE",
];
const MAX_DEPTH: usize = 64;
/// Since API version 58.0; before, two.
const MAX_LEVELS: usize = 5;
