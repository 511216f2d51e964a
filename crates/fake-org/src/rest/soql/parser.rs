//! The parser of a query.

use super::lexer::{Kind, LITERALLY, Token, bad_escape, tokens};
use super::{Condition, FUNCTIONS, Fields, Function, Item, Literal, Name, Operand, Operator};
use super::{Order, Path, Query, Result, SoqlError, Test, period};

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Query> {
    let mut parser = Parser::new(text)?;
    let query = parser.query()?;
    parser.end()?;
    Ok(query)
}

pub(super) struct Parser<'a> {
    text: &'a str,
    /// Never empty. The last one is the end.
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// The number of sub-queries around this one.
    level: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        let tokens = tokens(text)?;
        Ok(Self { text, tokens, next: 0, depth: 0, level: 0 })
    }

    fn query(&mut self) -> Result<Query> {
        self.expect("SELECT")?;
        let select = self.items()?;
        self.expect("FROM")?;
        let object = self.name()?;
        let alias = self.alias();
        self.clauses(select, object, alias)
    }

    pub(super) fn items(&mut self) -> Result<Vec<Item>> {
        self.separated(",", Self::item)
    }

    /// Parses what follows the object of a query.
    pub(super) fn clauses(
        &mut self,
        select: Vec<Item>,
        object: Name,
        alias: Option<Name>,
    ) -> Result<Query> {
        let condition = if self.take("WHERE") { Some(self.condition()?) } else { None };
        let group = if self.take("GROUP") { self.by(Self::path)? } else { Vec::new() };
        let has_having = !group.is_empty() && self.take("HAVING");
        let having = if has_having { Some(self.condition()?) } else { None };
        let order = if self.take("ORDER") { self.by(Self::order)? } else { Vec::new() };
        let limit = if self.take("LIMIT") { Some(self.number()?) } else { None };
        let offset = if self.take("OFFSET") { self.offset()? } else { 0 };
        Ok(Query { select, object, alias, condition, group, having, order, limit, offset })
    }

    fn by<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect("BY")?;
        self.separated(",", item)
    }

    fn offset(&mut self) -> Result<usize> {
        let at = self.peek().at;
        let offset = self.number()?;
        if offset > MAX_OFFSET {
            let message = "Maximum SOQL offset allowed is 2000";
            return Err(SoqlError::new("NUMBER_OUTSIDE_VALID_RANGE", at, message));
        }
        Ok(offset)
    }

    /// Parses the other name of a field, an aggregate or the object, if there is one.
    fn alias(&mut self) -> Option<Name> {
        let alias = self.peek().name().filter(|name| !is_reserved(&name.text))?;
        self.next += 1;
        Some(alias)
    }

    fn order(&mut self) -> Result<Order<Path>> {
        let operand = self.operand()?;
        let descending = !self.take("ASC") && self.take("DESC");
        let nulls_last = self.take("NULLS") && {
            let last = self.take("LAST");
            if !last {
                self.expect("FIRST")?;
            }
            last
        };
        Ok(Order { operand, descending, nulls_last })
    }

    fn item(&mut self) -> Result<Item> {
        let at = self.peek().at;
        if self.peek().is("FIELDS") && self.token(1).is("(") {
            return self.fields();
        }
        if !self.take("(") {
            return Ok(Item::Operand(self.operand()?, self.alias()));
        }
        self.level += 1;
        if self.level == MAX_LEVELS {
            return Err(SoqlError::new("QUERY_TOO_COMPLICATED", at, "Query is too complicated."));
        }
        let query = self.query()?;
        self.level -= 1;
        self.expect(")")?;
        Ok(Item::Query(Box::new(query)))
    }

    fn fields(&mut self) -> Result<Item> {
        let place = self.name()?;
        self.expect("(")?;
        let kind = self.one_of(&[
            ("ALL", Fields::All),
            ("CUSTOM", Fields::Custom),
            ("STANDARD", Fields::Standard),
        ])?;
        self.expect(")")?;
        Ok(Item::Fields(kind, place))
    }

    /// Parses a field or an aggregate: `MAX(Amount)` or `COUNT()`.
    fn operand(&mut self) -> Result<Operand<Path>> {
        let at = self.token(1).at;
        let function = FUNCTIONS.iter().find(|(name, _)| self.peek().is(name));
        let function = function.filter(|_| self.token(1).is("("));
        let Some(&(_, function)) = function else { return self.path().map(Operand::Field) };
        self.next += 2;
        let is_count = function == Function::Count && self.peek().is(")");
        let field = if is_count { None } else { Some(self.path()?) };
        self.expect(")")?;
        Ok(Operand::Aggregate { function, field, at })
    }

    fn path(&mut self) -> Result<Path> {
        let path = self.separated(".", Self::name).map(Path)?;
        if self.peek().is("(") { Err(self.not_offered()) } else { Ok(path) }
    }

    /// Parses `a AND b AND c` or `a OR b OR c`. A mix of the two needs parentheses.
    fn condition(&mut self) -> Result<Condition<Path>> {
        let mut terms = self.separated("AND", Self::term)?;
        if terms.len() > 1 {
            return Ok(Condition::All(terms));
        }
        while self.take("OR") {
            terms.push(self.term()?);
        }
        Ok(Condition::Any(terms))
    }

    fn term(&mut self) -> Result<Condition<Path>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.peek().at;
            return Err(SoqlError::new("QUERY_TOO_COMPLICATED", at, "Query is too complicated."));
        }
        let term = if self.take("NOT") {
            Condition::Not(Box::new(self.term()?))
        } else if self.take("(") {
            let inner = self.condition()?;
            self.expect(")")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(term)
    }

    fn test(&mut self) -> Result<Condition<Path>> {
        let operand = self.operand()?;
        let operator = if self.take("NOT") {
            self.expect("IN")?;
            Operator::NotIn
        } else {
            self.one_of(&OPERATORS)?
        };
        let at = self.peek().at;
        let values = match operator {
            Operator::Excludes | Operator::In | Operator::Includes | Operator::NotIn => {
                self.expect("(")?;
                let values = self.separated(",", Self::literal)?;
                self.expect(")")?;
                values
            }
            _ => vec![self.literal()?],
        };
        let escapes =
            |value: &Literal| matches!(value, Literal::Text(text) if text.contains(LITERALLY));
        if operator != Operator::Like && values.iter().any(escapes) {
            return Err(bad_escape(at));
        }
        Ok(Condition::Test(Test { operand, operator, values }))
    }

    fn literal(&mut self) -> Result<Literal> {
        if self.peek().is("SELECT") {
            return Err(self.not_offered());
        }
        if let Some(name) = self.peek().name() {
            return self.period(&name.text.to_ascii_uppercase());
        }
        let Kind::Literal(literal) = self.peek().kind.clone() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        Ok(literal)
    }

    /// Parses `TODAY` or `LAST_N_DAYS:30`.
    fn period(&mut self, name: &str) -> Result<Literal> {
        let has_number = period::has_number(name).ok_or_else(|| self.unexpected())?;
        self.next += 1;
        let mut number = None;
        if has_number {
            self.expect(":")?;
            number = Some(i64::try_from(self.number()?).unwrap_or(i64::MAX));
        }
        Ok(Literal::Named(name.to_owned(), number))
    }

    pub(super) fn number(&mut self) -> Result<usize> {
        let number = match &self.peek().kind {
            Kind::Literal(Literal::Number(number)) => number.as_u64(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected())?;
        self.next += 1;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    pub(super) fn name(&mut self) -> Result<Name> {
        self.alias().ok_or_else(|| self.unexpected())
    }

    /// Parses one or more items with this word or sign between them.
    pub(super) fn separated<T>(
        &mut self,
        separator: &str,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take(separator) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn one_of<T: Copy>(&mut self, table: &[(&str, T)]) -> Result<T> {
        let found = table.iter().find(|(text, _)| self.take(text));
        found.map(|(_, value)| *value).ok_or_else(|| self.unexpected())
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        if self.take(text) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes the next token if it is this word or sign.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_it = self.peek().is(text);
        self.next += usize::from(is_it);
        is_it
    }

    pub(super) fn end(&self) -> Result<()> {
        if self.peek().kind == Kind::End { Ok(()) } else { Err(self.unexpected()) }
    }

    fn peek(&self) -> &Token {
        self.token(0)
    }

    fn token(&self, ahead: usize) -> &Token {
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)]
    }

    /// Refuses a token that Salesforce accepts: a function, a semi-join or another clause.
    fn not_offered(&self) -> SoqlError {
        let token = self.peek();
        let before = &self.text[..token.end];
        let from = before.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let message = format!("'{}' is not offered by the fake org", &before[from..]);
        SoqlError::malformed(token.at, message)
    }

    fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        if NOT_OFFERED.iter().any(|word| token.is(word)) {
            return self.not_offered();
        }
        let text = if token.kind == Kind::End { "<EOF>" } else { &self.text[token.at..token.end] };
        SoqlError::unexpected(token.at, text)
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

const OPERATORS: [(&str, Operator); 11] = [
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("EXCLUDES", Operator::Excludes),
    ("IN", Operator::In),
    ("INCLUDES", Operator::Includes),
    ("LIKE", Operator::Like),
];
/// Reserved words: in `SELECT FROM Account`, FROM is not a field.
const RESERVED: [&str; 22] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FOR", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LIKE",
    "LIMIT", "NOT", "NULLS", "OFFSET", "OR", "ORDER", "SELECT", "USING", "WHERE", "WITH", "TYPEOF",
];
/// The first words of clauses that the platform has.
const NOT_OFFERED: [&str; 4] = ["FOR", "TYPEOF", "USING", "WITH"];
const MAX_OFFSET: usize = 2000;
const MAX_DEPTH: usize = 64;
/// Since API version 58.0; before, two.
const MAX_LEVELS: usize = 5;
