//! The parser of a query.

use super::lexer::{Kind, LITERALLY, Token, tokens};
use super::{Aggregate, Comparison, Condition, Fields, Function, Item, Key, Literal, Name};
use super::{Operand, Operator, Path, Query, Select, SoqlError, period};

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Query, SoqlError> {
    let mut parser =
        Parser { text, tokens: tokens(text)?, next: 0, depth: 0, level: 0, with_aggregates: false };
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
    /// Whether the clause may have aggregates.
    with_aggregates: bool,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<Query, SoqlError> {
        self.keyword("SELECT")?;
        let select = self.select()?;
        self.keyword("FROM")?;
        let object = self.name()?;
        let alias = self.alias();
        let condition = if self.take_word("WHERE") { Some(self.condition()?) } else { None };
        let group = if self.take_word("GROUP") { self.group()? } else { Vec::new() };
        let has_having = !group.is_empty() && self.take_word("HAVING");
        self.with_aggregates = has_having;
        let having = if has_having { Some(self.condition()?) } else { None };
        self.with_aggregates = true;
        let order = if self.take_word("ORDER") { self.order()? } else { Vec::new() };
        self.with_aggregates = false;
        let limit = if self.take_word("LIMIT") { Some(self.number()?) } else { None };
        let offset = if self.take_word("OFFSET") { self.offset()? } else { 0 };
        let mut query = Query { select, object, condition, group, having, order, limit, offset };
        if let Some(alias) = alias {
            query.drop_alias(&alias.text);
        }
        Ok(query)
    }

    fn group(&mut self) -> Result<Vec<Path>, SoqlError> {
        self.keyword("BY")?;
        let mut paths = vec![self.path()?];
        while self.take_sign(",") {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn offset(&mut self) -> Result<usize, SoqlError> {
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

    fn order(&mut self) -> Result<Vec<Key>, SoqlError> {
        self.keyword("BY")?;
        let mut keys = vec![self.key()?];
        while self.take_sign(",") {
            keys.push(self.key()?);
        }
        Ok(keys)
    }

    fn key(&mut self) -> Result<Key, SoqlError> {
        let field = self.operand()?;
        let descending = !self.take_word("ASC") && self.take_word("DESC");
        let nulls_last = if self.take_word("NULLS") {
            let last = self.take_word("LAST");
            if !last {
                self.keyword("FIRST")?;
            }
            last
        } else {
            false
        };
        Ok(Key { field, descending, nulls_last })
    }

    fn select(&mut self) -> Result<Select, SoqlError> {
        let is_count = self.peek().is_word("COUNT")
            && self.token(1).is_sign("(")
            && self.token(2).is_sign(")")
            && self.token(3).is_word("FROM");
        if is_count && self.level == 0 {
            self.next += 3;
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
        if self.peek().is_word("FIELDS") && self.token(1).is_sign("(") {
            return self.fields();
        }
        if self.level == 0
            && let Some(aggregate) = self.aggregate()?
        {
            return Ok(Item::Aggregate(aggregate, self.alias()));
        }
        if !self.take_sign("(") {
            return Ok(Item::Field(self.path()?, self.alias()));
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

    fn fields(&mut self) -> Result<Item, SoqlError> {
        let place = self.name()?;
        self.sign("(")?;
        let kinds =
            [("ALL", Fields::All), ("CUSTOM", Fields::Custom), ("STANDARD", Fields::Standard)];
        let kind = kinds.into_iter().find(|(word, _)| self.take_word(word));
        let (_, kind) = kind.ok_or_else(|| self.unexpected())?;
        self.sign(")")?;
        Ok(Item::Fields(kind, place))
    }

    /// Parses `MAX(Amount)` or `COUNT()`, if there is one.
    fn aggregate(&mut self) -> Result<Option<Aggregate>, SoqlError> {
        let function = FUNCTIONS.into_iter().find(|(word, _)| self.peek().is_word(word));
        let Some((_, function)) = function.filter(|_| self.token(1).is_sign("(")) else {
            return Ok(None);
        };
        let at = self.peek().at;
        self.next += 2;
        let is_count = function == Function::Count && self.peek().is_sign(")");
        let path = if is_count { None } else { Some(self.path()?) };
        self.sign(")")?;
        Ok(Some(Aggregate { function, path, at }))
    }

    /// Parses a field or, in `HAVING` and `ORDER BY`, an aggregate.
    fn operand(&mut self) -> Result<Operand, SoqlError> {
        if self.with_aggregates
            && let Some(aggregate) = self.aggregate()?
        {
            return Ok(Operand::Aggregate(aggregate));
        }
        self.path().map(Operand::Field)
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
        let field = self.operand()?;
        let operator = self.operator()?;
        let at = self.peek().at;
        let values = match operator {
            Operator::Excludes | Operator::In | Operator::Includes | Operator::NotIn => {
                self.list()?
            }
            _ => vec![self.literal()?],
        };
        let escapes =
            |value: &Literal| matches!(value, Literal::Text(text) if text.contains(LITERALLY));
        if operator != Operator::Like && values.iter().any(escapes) {
            return Err(super::lexer::bad_escape(at));
        }
        Ok(Condition::Test(Comparison { field, operator, values }))
    }

    fn operator(&mut self) -> Result<Operator, SoqlError> {
        if self.peek().is_word("NOT") && self.token(1).is_word("IN") {
            self.next += 2;
            return Ok(Operator::NotIn);
        }
        for (word, operator) in [
            ("EXCLUDES", Operator::Excludes),
            ("IN", Operator::In),
            ("INCLUDES", Operator::Includes),
            ("LIKE", Operator::Like),
        ] {
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
    fn period(&mut self, name: &str) -> Result<Literal, SoqlError> {
        let has_number = period::has_number(name).ok_or_else(|| self.unexpected())?;
        self.next += 1;
        let mut number = None;
        if has_number {
            self.sign(":")?;
            number = Some(i64::try_from(self.number()?).unwrap_or(i64::MAX));
        }
        Ok(Literal::Named(name.to_owned(), number))
    }

    fn number(&mut self) -> Result<usize, SoqlError> {
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

impl Query {
    /// Removes the other name of the object from the start of paths: `a.Name` is `Name`.
    fn drop_alias(&mut self, alias: &str) {
        let drop = |path: &mut Path| {
            if path.0.len() > 1 && path.0[0].text.eq_ignore_ascii_case(alias) {
                path.0.remove(0);
            }
        };
        let of_operand = |operand: &mut Operand| match operand {
            Operand::Field(path) => drop(path),
            Operand::Aggregate(aggregate) => aggregate.path.iter_mut().for_each(drop),
        };
        if let Select::Items(items) = &mut self.select {
            for item in items {
                match item {
                    Item::Aggregate(aggregate, _) => aggregate.path.iter_mut().for_each(drop),
                    Item::Field(path, _) => drop(path),
                    Item::Fields(..) | Item::Query(_) => {}
                }
            }
        }
        self.group.iter_mut().for_each(drop);
        self.order.iter_mut().for_each(|key| of_operand(&mut key.field));
        for condition in self.condition.iter_mut().chain(&mut self.having) {
            condition.each(&mut |test| of_operand(&mut test.field));
        }
    }
}

impl Condition<Comparison> {
    fn each(&mut self, change: &mut impl FnMut(&mut Comparison)) {
        match self {
            Self::All(terms) | Self::Any(terms) => {
                terms.iter_mut().for_each(|term| term.each(change))
            }
            Self::Not(term) => term.each(change),
            Self::Test(test) => change(test),
        }
    }
}

const FUNCTIONS: [(&str, Function); 6] = [
    ("AVG", Function::Avg),
    ("COUNT", Function::Count),
    ("COUNT_DISTINCT", Function::CountDistinct),
    ("MAX", Function::Max),
    ("MIN", Function::Min),
    ("SUM", Function::Sum),
];
/// Reserved words: in `SELECT FROM Account`, FROM is not a field.
const RESERVED: [&str; 22] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FOR", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LIKE",
    "LIMIT", "NOT", "NULLS", "OFFSET", "OR", "ORDER", "SELECT", "USING", "WHERE", "WITH", "TYPEOF",
];
const MAX_OFFSET: usize = 2000;
const MAX_DEPTH: usize = 64;
/// Since API version 58.0; before, two.
const MAX_LEVELS: usize = 5;
