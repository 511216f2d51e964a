//! A subset of SOQL. Unsupported syntax is refused.
//!
//! ```text
//! SELECT path | (SELECT … FROM relationship …) [, …] | COUNT()
//! FROM object
//! [WHERE condition]      = != <> < <= > >= LIKE IN NOT IN, AND, OR, NOT, (…)
//! [ORDER BY path [ASC | DESC] [, …]]
//! [LIMIT number]
//! ```

mod child;
mod columns;
mod error;
mod filter;
mod lexer;
mod metadata;
mod order;
mod parser;
mod run;

pub(crate) use error::SoqlError;
pub(crate) use run::{Found, Prepared};

use child::Child;
use columns::Column;

/// A parsed query, whose names are not resolved yet.
#[derive(Debug, PartialEq)]
struct Query {
    select: Select,
    object: Name,
    condition: Option<Condition<Comparison>>,
    order: Vec<Key>,
    limit: Option<usize>,
}

/// A field of `ORDER BY`.
#[derive(Debug, PartialEq)]
struct Key {
    field: Path,
    descending: bool,
}

#[derive(Debug, PartialEq)]
enum Select {
    Count,
    Items(Vec<Item>),
}

#[derive(Debug, PartialEq)]
enum Item {
    Field(Path),
    /// A sub-query: `(SELECT LastName FROM Contacts)`.
    Query(Box<Query>),
}

/// A word and its position.
#[derive(Clone, Debug, PartialEq)]
struct Name {
    text: String,
    at: usize,
}

/// A field, perhaps with relationships: `Account.Owner.Name`.
#[derive(Clone, Debug, PartialEq)]
struct Path(Vec<Name>);

/// A condition of tests of type `T`.
#[derive(Debug, PartialEq)]
enum Condition<T> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(T),
}

/// A parsed test.
#[derive(Debug, PartialEq)]
struct Comparison {
    field: Path,
    operator: Operator,
    values: Vec<Literal>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    In,
    Less,
    LessOrEqual,
    Like,
    NotEqual,
    NotIn,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Bool(bool),
    /// `2026-11-23`
    Date(String),
    /// `2026-11-23T17:45:46Z`
    DateTime(String),
    Null,
    Number(f64),
    Text(String),
}

#[cfg(test)]
mod tests;
