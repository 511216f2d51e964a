//! `WHERE` and `HAVING`: the tests of values.

use std::cmp::Ordering;

use jiff::civil::Date;
use serde_json::Value;

use super::lexer::LITERALLY;
use super::{Column, Condition, Literal, Operator, Result, SoqlError, Test, period};
use crate::id;
use crate::rest::number;
use crate::rest::schema::Kind;
use crate::rest::store::{Records, Row};
use crate::rest::wildcard::{self, Part};

impl Condition<Column> {
    /// Whether the condition holds for a group, or for one record.
    pub(super) fn holds(&self, records: &Records, group: &[Row<'_>]) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.holds(records, group)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(records, group)),
            Self::Not(term) => !term.holds(records, group),
            Self::Test(test) => test.holds(&test.operand.value(records, group)),
        }
    }
}

impl Test<Column> {
    fn holds(&self, value: &Value) -> bool {
        let any = |wanted: fn(Ordering) -> bool| {
            self.values.iter().any(|literal| compare(value, literal).is_some_and(wanted))
        };
        match self.operator {
            Operator::Equal | Operator::In => any(Ordering::is_eq),
            Operator::Greater => any(Ordering::is_gt),
            Operator::GreaterOrEqual => any(Ordering::is_ge),
            Operator::Less => any(Ordering::is_lt),
            Operator::LessOrEqual => any(Ordering::is_le),
            Operator::Excludes => !includes(value, &self.values),
            Operator::Includes => includes(value, &self.values),
            Operator::Like => self.values.iter().any(|literal| like(value, literal)),
            Operator::NotEqual | Operator::NotIn => !any(Ordering::is_eq),
        }
    }
}

/// Whether the values of a multi-select picklist have all those of one of the literals.
fn includes(value: &Value, literals: &[Literal]) -> bool {
    let own: Vec<_> = value.as_str().unwrap_or_default().split(';').collect();
    literals.iter().any(|literal| match literal {
        Literal::Text(wanted) => wanted.split(';').all(|wanted| own.contains(&wanted)),
        _ => false,
    })
}

/// Compares a value with a literal. `None` if their types differ.
fn compare(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(value), Literal::Bool(literal)) => Some(value.cmp(literal)),
        (Value::Number(value), Literal::Number(literal)) => Some(number::compare(value, literal)),
        (Value::String(value), Literal::Date(text) | Literal::DateTime(text)) => {
            Some(value.as_str().cmp(text))
        }
        (Value::String(value), Literal::Period(start, end)) => Some(if value < start {
            Ordering::Less
        } else if value < end {
            Ordering::Equal
        } else {
            Ordering::Greater
        }),
        (Value::String(value), Literal::Text(text)) => {
            Some(value.to_lowercase().cmp(&text.to_lowercase()))
        }
        _ => None,
    }
}

/// Matches a pattern: `%` is any text, `_` is one character. Ignores case.
fn like(value: &Value, literal: &Literal) -> bool {
    let (Value::String(value), Literal::Text(pattern)) = (value, literal) else {
        return false;
    };
    let pattern = pattern.to_lowercase();
    let mut letters = pattern.chars();
    let parts = std::iter::from_fn(|| {
        Some(match letters.next()? {
            LITERALLY => Part::Letter(letters.next()?),
            '%' => Part::Any,
            '_' => Part::One,
            letter => Part::Letter(letter),
        })
    });
    wildcard::matches(&value.to_lowercase(), parts)
}

/// Refuses a literal of another type, like the platform, and completes short ids.
pub(super) fn fit(column: &Column, literal: Literal, today: Date) -> Result<Literal> {
    let field = &column.field;
    if field.is_long_text() {
        return Err(column.unsupported("filtered"));
    }
    match (field.kind, literal) {
        (_, Literal::Null) => Ok(Literal::Null),
        (Kind::Date | Kind::DateTime, Literal::Named(name, number)) => {
            let days = period::days(&name, number.unwrap_or(0), today);
            let (start, end) = days.ok_or_else(|| SoqlError::unexpected(column.at, &name))?;
            let format =
                if field.kind == Kind::Date { "%Y-%m-%d" } else { "%Y-%m-%dT00:00:00.000+0000" };
            Ok(Literal::Period(
                start.strftime(format).to_string(),
                end.strftime(format).to_string(),
            ))
        }
        (Kind::Other, literal) => Ok(literal),
        (Kind::Boolean, literal @ Literal::Bool(_)) => Ok(literal),
        (Kind::Date, literal @ Literal::Date(_)) => Ok(literal),
        (Kind::DateTime, literal @ Literal::DateTime(_)) => Ok(literal),
        (Kind::Id | Kind::Reference, Literal::Text(text)) => {
            id::canonical(&text).map(Literal::Text).ok_or_else(|| {
                let message = format!("invalid ID field: {text}");
                SoqlError::new("INVALID_QUERY_FILTER_OPERATOR", column.at, message)
            })
        }
        (kind, literal @ Literal::Number(_)) if kind.is_number() => Ok(literal),
        (kind, literal @ Literal::Text(_)) if kind.is_text() => Ok(literal),
        (kind, _) => Err(misfit(column, kind)),
    }
}

fn misfit(column: &Column, kind: Kind) -> SoqlError {
    let quotes = if kind.is_text() || matches!(kind, Kind::Id | Kind::Reference) {
        "should be enclosed in quotes"
    } else {
        "should not be enclosed in quotes"
    };
    let (field, kind) = (&column.field.name, kind.name());
    let message = format!(
        "value of filter criterion for field '{field}' must be of type {kind} and {quotes}"
    );
    SoqlError::new("INVALID_FIELD", column.at, message)
}
