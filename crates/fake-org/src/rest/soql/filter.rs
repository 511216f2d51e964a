//! `WHERE`: resolution of a condition and its test against a record.

use std::cmp::Ordering;

use jiff::civil::Date;
use serde_json::Value;

use super::lexer::LITERALLY;
use super::{Column, Comparison, Condition, Literal, Operand, Operator, SoqlError, period};
use crate::id;
use crate::rest::schema::{Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row};
use crate::rest::wildcard::{self, Part};

/// A test of a resolved field with values of its type.
#[derive(Debug)]
pub(super) struct Test {
    column: Column,
    operator: Operator,
    values: Vec<Literal>,
}

impl Condition<Comparison> {
    /// Resolves every field of the condition, and checks the types of the values.
    pub(super) fn resolve(
        self,
        schema: &Schema,
        object: &ObjectType,
        today: Date,
    ) -> Result<Condition<Test>, SoqlError> {
        let all = |terms: Vec<Self>| -> Result<Vec<_>, _> {
            terms.into_iter().map(|term| term.resolve(schema, object, today)).collect()
        };
        Ok(match self {
            Self::All(terms) => Condition::All(all(terms)?),
            Self::Any(terms) => Condition::Any(all(terms)?),
            Self::Not(term) => Condition::Not(Box::new(term.resolve(schema, object, today)?)),
            Self::Test(Comparison { field, operator, values }) => {
                let path = match field {
                    Operand::Field(path) => path,
                    Operand::Aggregate(aggregate) => {
                        return Err(SoqlError::unexpected(aggregate.at, "("));
                    }
                };
                let column = Column::find(schema, object, &path)?;
                let values = values.into_iter().map(|value| fit(&column, value, today));
                let values = values.collect::<Result<_, _>>()?;
                let is_multi = matches!(operator, Operator::Includes | Operator::Excludes);
                if is_multi && column.field.kind != Kind::MultiPicklist {
                    let message = format!(
                        "field '{}' does not support the operator INCLUDES or EXCLUDES",
                        column.field.name
                    );
                    return Err(SoqlError::new(
                        "INVALID_QUERY_FILTER_OPERATOR",
                        column.at,
                        message,
                    ));
                }
                Condition::Test(Test { column, operator, values })
            }
        })
    }
}

impl Condition<Test> {
    pub(super) fn holds(&self, records: &Records, record: &Row<'_>) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.holds(records, record)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(records, record)),
            Self::Not(term) => !term.holds(records, record),
            Self::Test(Test { column, operator, values }) => {
                test(*operator, &column.value(records, *record), values)
            }
        }
    }
}

pub(super) fn test(operator: Operator, value: &Value, literals: &[Literal]) -> bool {
    let any = |wanted: fn(Ordering) -> bool| {
        literals.iter().any(|literal| compare(value, literal).is_some_and(wanted))
    };
    match operator {
        Operator::Equal | Operator::In => any(Ordering::is_eq),
        Operator::Greater => any(Ordering::is_gt),
        Operator::GreaterOrEqual => any(Ordering::is_ge),
        Operator::Less => any(Ordering::is_lt),
        Operator::LessOrEqual => any(Ordering::is_le),
        Operator::Excludes => !includes(value, literals),
        Operator::Includes => includes(value, literals),
        Operator::Like => literals.iter().any(|literal| like(value, literal)),
        Operator::NotEqual | Operator::NotIn => !any(Ordering::is_eq),
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
        (Value::Number(value), Literal::Number(literal)) => value.as_f64()?.partial_cmp(literal),
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
pub(super) fn fit(column: &Column, literal: Literal, today: Date) -> Result<Literal, SoqlError> {
    let field = &column.field;
    if field.kind == Kind::TextArea && field.length > 255 {
        let message = format!("field '{}' can not be filtered in a query call", field.name);
        return Err(SoqlError::new("INVALID_FIELD", column.at, message));
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
        (Kind::Id | Kind::Reference, Literal::Text(text)) => match id::canonical(&text) {
            Some(id) => Ok(Literal::Text(id)),
            None => Err(SoqlError::new(
                "INVALID_QUERY_FILTER_OPERATOR",
                column.at,
                format!("invalid ID field: {text}"),
            )),
        },
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
