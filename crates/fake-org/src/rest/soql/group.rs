//! `GROUP BY`, `HAVING` and aggregates.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use serde_json::{Value, json};

use super::filter::{fit, test};
use super::order::{Direction, ascending};
use super::{Aggregate, Column, Comparison, Condition, Function, Item, Key, Literal, Operand};
use super::{Operator, Path, SoqlError};
use crate::rest::schema::{Field, Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row};

/// A query with groups, or with one group of all records.
#[derive(Debug)]
pub(super) struct Grouped {
    keys: Vec<Column>,
    /// The names and values of a row.
    outputs: Vec<(String, Cell)>,
    having: Option<Condition<GroupTest>>,
    order: Vec<(Cell, Direction)>,
    is_one: bool,
}

/// A value of a group.
#[derive(Clone, Debug)]
enum Cell {
    Aggregate(Function, Option<Box<Column>>),
    /// The field of `GROUP BY` in this place.
    Key(usize),
}

#[derive(Debug)]
struct GroupTest {
    cell: Cell,
    operator: Operator,
    values: Vec<Literal>,
}

/// The parts of a query that make groups.
pub(super) struct Clauses {
    pub(super) items: Vec<Item>,
    pub(super) group: Vec<Path>,
    pub(super) having: Option<Condition<Comparison>>,
    pub(super) order: Vec<Key>,
}

/// Resolves the names of the clauses.
struct Resolver<'a> {
    schema: &'a Schema,
    object: &'a ObjectType,
    keys: &'a [Column],
    today: Date,
}

impl Grouped {
    pub(super) fn find(
        clauses: Clauses,
        schema: &Schema,
        object: &ObjectType,
        today: Date,
    ) -> Result<Self, SoqlError> {
        let Clauses { items, group, having, order } = clauses;
        let keys = group.iter().map(|path| Column::find(schema, object, path));
        let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        if let Some(key) = keys.iter().find(|key| !is_groupable(&key.field)) {
            let message = format!("field '{}' can not be grouped in a query call", key.field.name);
            return Err(SoqlError::new("INVALID_FIELD", key.at, message));
        }
        let resolver = Resolver { schema, object, keys: &keys, today };
        let mut outputs: Vec<(String, Cell)> = Vec::new();
        let mut unnamed = 0;
        for item in items {
            let (operand, alias) = match item {
                Item::Aggregate(aggregate, alias) => (Operand::Aggregate(aggregate), alias),
                Item::Field(path, alias) => (Operand::Field(path), alias),
                Item::Fields(_, place) => return Err(SoqlError::unexpected(place.at, &place.text)),
                Item::Query(query) => {
                    return Err(SoqlError::unexpected(query.object.at, &query.object.text));
                }
            };
            let cell = resolver.cell(&operand)?;
            let name = match (alias, &cell) {
                (Some(alias), _) => alias.text,
                (None, Cell::Key(key)) => keys[*key].field.name.clone(),
                (None, Cell::Aggregate(..)) => {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                }
            };
            if outputs.iter().any(|(other, _)| *other == name) {
                return Err(SoqlError::malformed(0, format!("duplicate alias: {name}")));
            }
            outputs.push((name, cell));
        }
        let having = having.map(|condition| resolver.condition(condition)).transpose()?;
        let order = order.iter().map(|key| {
            let named = match &key.field {
                Operand::Field(Path(names)) if names.len() == 1 => {
                    outputs.iter().find(|(name, _)| name.eq_ignore_ascii_case(&names[0].text))
                }
                _ => None,
            };
            let cell = match named {
                Some((_, cell)) => cell.clone(),
                None => resolver.cell(&key.field)?,
            };
            Ok((cell, Direction::of(key)))
        });
        let order = order.collect::<Result<_, SoqlError>>()?;
        let is_one = keys.is_empty();
        Ok(Self { keys, outputs, having, order, is_one })
    }

    /// Whether all records are one group.
    pub(super) fn is_one(&self) -> bool {
        self.is_one
    }

    /// Returns the names of the values of a row.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the rows of the groups of these records.
    pub(super) fn rows(&self, records: &Records, found: &[Row<'_>]) -> Vec<Value> {
        let mut places = HashMap::new();
        let mut groups: Vec<(Vec<Value>, Vec<Row<'_>>)> = Vec::new();
        if self.is_one {
            groups.push((Vec::new(), found.to_vec()));
        } else {
            for row in found {
                let keys: Vec<_> = self.keys.iter().map(|key| key.value(records, *row)).collect();
                let name = json!(keys).to_string();
                let place = *places.entry(name).or_insert(groups.len());
                if place == groups.len() {
                    groups.push((keys, Vec::new()));
                }
                groups[place].1.push(*row);
            }
        }
        let value = |cell: &Cell, group: &(Vec<Value>, Vec<Row<'_>>)| match cell {
            Cell::Key(key) => group.0[*key].clone(),
            Cell::Aggregate(function, column) => {
                let values = group.1.iter().map(|row| match column {
                    Some(column) => column.value(records, *row),
                    None => Value::Bool(true),
                });
                aggregate(*function, values.filter(|value| !value.is_null()).collect())
            }
        };
        groups.retain(|group| match &self.having {
            Some(condition) => holds(condition, &|cell: &Cell| value(cell, group)),
            None => true,
        });
        if !self.order.is_empty() {
            groups.sort_by(|one, other| {
                let mut keys = self.order.iter().map(|(cell, direction)| {
                    direction.compare(&value(cell, one), &value(cell, other))
                });
                keys.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            });
        }
        let row = |group: &(Vec<Value>, Vec<Row<'_>>)| {
            let mut row = json!({ "attributes": { "type": "AggregateResult" } });
            for (name, cell) in &self.outputs {
                row[name.as_str()] = value(cell, group);
            }
            row
        };
        groups.iter().map(row).collect()
    }
}

impl Resolver<'_> {
    fn cell(&self, operand: &Operand) -> Result<Cell, SoqlError> {
        match operand {
            Operand::Field(path) => {
                let column = Column::find(self.schema, self.object, path)?;
                let key = self.keys.iter().position(|key| key.path() == column.path());
                key.map(Cell::Key).ok_or_else(|| {
                    let name = column.path().join(".");
                    let message = format!("Field must be grouped or aggregated: {name}");
                    SoqlError::malformed(column.at, message)
                })
            }
            Operand::Aggregate(Aggregate { function, path: None, .. }) => {
                Ok(Cell::Aggregate(*function, None))
            }
            Operand::Aggregate(Aggregate { function, path: Some(path), .. }) => {
                let column = Column::find(self.schema, self.object, path)?;
                let kind = column.field.kind;
                let fits = match function {
                    Function::Avg | Function::Sum => kind.is_number(),
                    Function::Max | Function::Min => kind != Kind::Boolean && is_comparable(kind),
                    Function::Count | Function::CountDistinct => is_comparable(kind),
                };
                if fits {
                    return Ok(Cell::Aggregate(*function, Some(Box::new(column))));
                }
                let (field, operator) = (&column.field.name, function.name());
                let message =
                    format!("field {field} does not support aggregate operator {operator}");
                Err(SoqlError::malformed(column.at, message))
            }
        }
    }

    fn condition(
        &self,
        condition: Condition<Comparison>,
    ) -> Result<Condition<GroupTest>, SoqlError> {
        let all = |terms: Vec<Condition<Comparison>>| -> Result<Vec<_>, SoqlError> {
            terms.into_iter().map(|term| self.condition(term)).collect()
        };
        Ok(match condition {
            Condition::All(terms) => Condition::All(all(terms)?),
            Condition::Any(terms) => Condition::Any(all(terms)?),
            Condition::Not(term) => Condition::Not(Box::new(self.condition(*term)?)),
            Condition::Test(Comparison { field, operator, values }) => {
                let cell = self.cell(&field)?;
                // A count is a number, whatever its field is.
                let column = match &cell {
                    Cell::Key(key) => Some(&self.keys[*key]),
                    Cell::Aggregate(Function::Max | Function::Min, column) => column.as_deref(),
                    Cell::Aggregate(..) => None,
                };
                let values = values.into_iter().map(|value| match (column, value) {
                    (Some(column), value) => fit(column, value, self.today),
                    (None, value @ (Literal::Number(_) | Literal::Null)) => Ok(value),
                    (None, _) => {
                        Err(SoqlError::malformed(0, "value of an aggregate must be a number"))
                    }
                });
                let values = values.collect::<Result<_, _>>()?;
                Condition::Test(GroupTest { cell, operator, values })
            }
        })
    }
}

fn holds(condition: &Condition<GroupTest>, value: &impl Fn(&Cell) -> Value) -> bool {
    match condition {
        Condition::All(terms) => terms.iter().all(|term| holds(term, value)),
        Condition::Any(terms) => terms.iter().any(|term| holds(term, value)),
        Condition::Not(term) => !holds(term, value),
        Condition::Test(GroupTest { cell, operator, values }) => {
            test(*operator, &value(cell), values)
        }
    }
}

/// Returns the result of a function over the values that are not null.
fn aggregate(function: Function, values: Vec<Value>) -> Value {
    let sum = || -> Value {
        let whole = values.iter().try_fold(0_i64, |sum, value| sum.checked_add(value.as_i64()?));
        whole.map_or_else(
            || Value::from(values.iter().filter_map(Value::as_f64).sum::<f64>()),
            Value::from,
        )
    };
    match function {
        Function::Count => Value::from(values.len()),
        Function::CountDistinct => {
            let distinct: BTreeSet<_> =
                values.iter().map(|value| value.to_string().to_lowercase()).collect();
            Value::from(distinct.len())
        }
        _ if values.is_empty() => Value::Null,
        Function::Avg => Value::from(sum().as_f64().unwrap_or_default() / values.len() as f64),
        Function::Max => values.into_iter().max_by(ascending).unwrap_or_default(),
        Function::Min => values.into_iter().min_by(ascending).unwrap_or_default(),
        Function::Sum => sum(),
    }
}

/// Whether a field can be in `GROUP BY`.
pub(crate) fn is_groupable(field: &Field) -> bool {
    match field.kind {
        Kind::Boolean | Kind::Date | Kind::Id | Kind::Int | Kind::Reference => true,
        Kind::EncryptedString | Kind::MultiPicklist => false,
        Kind::TextArea => field.length <= 255,
        kind => kind.is_text(),
    }
}

fn is_comparable(kind: Kind) -> bool {
    !matches!(kind, Kind::Address | Kind::Base64 | Kind::Location | Kind::Other)
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Avg => "AVG",
            Self::Count => "COUNT",
            Self::CountDistinct => "COUNT_DISTINCT",
            Self::Max => "MAX",
            Self::Min => "MIN",
            Self::Sum => "SUM",
        }
    }
}
