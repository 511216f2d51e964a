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
mod names;
mod order;
mod parser;
mod period;
mod run;
mod sosl;

pub(crate) use error::SoqlError;
pub(crate) use group::is_groupable;
pub(crate) use run::{Found, Prepared};
pub(crate) use sosl::{Among, Search};

use serde_json::Number;

use child::Child;
use columns::Column;
use names::Names;

type Result<T, E = SoqlError> = std::result::Result<T, E>;

/// A parsed query, whose names are not resolved yet.
#[derive(Debug)]
pub(crate) struct Query {
    select: Vec<Item>,
    object: Name,
    alias: Option<Name>,
    condition: Option<Condition<Path>>,
    group: Vec<Path>,
    having: Option<Condition<Path>>,
    order: Vec<Order<Path>>,
    limit: Option<usize>,
    offset: usize,
}

#[derive(Debug)]
enum Item {
    /// `FIELDS(ALL)`
    Fields(Fields, Name),
    /// `Name` or `MAX(Amount) largest`. Only a query with groups may give it another name.
    Operand(Operand<Path>, Option<Name>),
    /// A sub-query: `(SELECT LastName FROM Contacts)`.
    Query(Box<Query>),
}

/// A field or an aggregate. `F` is a [`Path`], and a [`Column`] once its names are resolved.
#[derive(Clone, Debug)]
enum Operand<F> {
    /// A function over the records of a group. Without a field it is `COUNT()`.
    Aggregate {
        function: Function,
        field: Option<F>,
        /// The position of its parenthesis, which is refused in a clause about records.
        at: usize,
    },
    Field(F),
}

/// A field or an aggregate of `ORDER BY`.
#[derive(Debug)]
struct Order<F> {
    operand: Operand<F>,
    descending: bool,
    nulls_last: bool,
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
#[derive(Debug)]
struct Path(Vec<Name>);

#[derive(Debug)]
enum Condition<F> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Test<F>),
}

/// A test of a field with values, which have its type once its name is resolved.
#[derive(Debug)]
struct Test<F> {
    operand: Operand<F>,
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
    Number(Number),
    /// The first day of a period, and the first day after it, in the format of the field.
    Period(String, String),
    Text(String),
}

impl Query {
    /// `SELECT Id FROM Account`
    pub(crate) fn of_ids(object: &str, at: usize) -> Self {
        let name = |text: &str| Name { text: text.to_owned(), at };
        Self {
            select: vec![Item::Operand(Operand::Field(Path(vec![name("Id")])), None)],
            object: name(object),
            alias: None,
            condition: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
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

#[cfg(test)]
mod tests;
