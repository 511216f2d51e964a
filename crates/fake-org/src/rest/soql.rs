//! A subset of SOQL. Unsupported syntax is refused.
//!
//! ```text
//! SELECT path | FN(path) [alias] | FIELDS(…) | (SELECT … FROM relationship …) [, …] | COUNT()
//! FROM object [alias]
//! [WHERE condition]      = != <> < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES, AND, OR, NOT, (…)
//! [GROUP BY path [, …] [HAVING condition]]
//! [ORDER BY path [ASC | DESC] [NULLS FIRST | LAST] [, …]]
//! [LIMIT number] [OFFSET number]
//! ```

mod child;
mod columns;
mod error;
mod filter;
mod group;
mod lexer;
mod metadata;
mod order;
mod parser;
mod period;
mod run;

pub(crate) use error::SoqlError;
pub(crate) use group::is_groupable;
pub(crate) use run::{Found, Prepared};

use child::Child;
use columns::Column;

/// A parsed query, whose names are not resolved yet.
#[derive(Debug, PartialEq)]
struct Query {
    select: Select,
    object: Name,
    condition: Option<Condition<Comparison>>,
    group: Vec<Path>,
    having: Option<Condition<Comparison>>,
    order: Vec<Key>,
    limit: Option<usize>,
    offset: usize,
}

/// A field of `ORDER BY`.
#[derive(Debug, PartialEq)]
struct Key {
    field: Operand,
    descending: bool,
    nulls_last: bool,
}

#[derive(Debug, PartialEq)]
enum Select {
    Count,
    Items(Vec<Item>),
}

#[derive(Debug, PartialEq)]
enum Item {
    /// `MAX(Amount) largest`
    Aggregate(Aggregate, Option<Name>),
    /// `FIELDS(ALL)`
    Fields(Fields, Name),
    /// A field. Only a query with groups may give it another name.
    Field(Path, Option<Name>),
    /// A sub-query: `(SELECT LastName FROM Contacts)`.
    Query(Box<Query>),
}

/// A field or an aggregate.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Aggregate(Aggregate),
    Field(Path),
}

/// A function over the records of a group. Without a path it is `COUNT()`.
#[derive(Clone, Debug, PartialEq)]
struct Aggregate {
    function: Function,
    path: Option<Path>,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Avg,
    Count,
    CountDistinct,
    Max,
    Min,
    Sum,
}

/// The fields that `FIELDS()` selects.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fields {
    All,
    Custom,
    Standard,
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
    field: Operand,
    operator: Operator,
    values: Vec<Literal>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Excludes,
    Greater,
    GreaterOrEqual,
    In,
    Includes,
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
    /// `LAST_N_DAYS:30`: a period before its dates are known.
    Named(String, Option<i64>),
    Number(f64),
    /// The first day of a period, and the first day after it, in the format of the field.
    Period(String, String),
    Text(String),
}

#[cfg(test)]
mod tests;
