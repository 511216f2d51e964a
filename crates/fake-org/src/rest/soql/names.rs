//! Resolution of the names of a query.

use jiff::civil::Date;

use super::filter::fit;
use super::{Column, Condition, FUNCTIONS, Function, Literal, Operand, Operator, Order, Path};
use super::{Result, SoqlError, Test};
use crate::rest::schema::{Kind, ObjectType, Schema};

/// The object, the aliases and the keys that the names of a query refer to.
#[derive(Clone, Copy)]
pub(super) struct Names<'a, 'q> {
    pub(super) schema: &'a Schema,
    pub(super) object: &'a ObjectType,
    /// The other name of the object: `a` in `FROM Account a`.
    pub(super) alias: Option<&'q str>,
    pub(super) today: Date,
    /// The fields of `GROUP BY` for a clause that is about groups; `None` for one about records.
    pub(super) keys: Option<&'q [Column]>,
}

impl Names<'_, '_> {
    pub(super) fn column(&self, path: &Path) -> Result<Column> {
        let mut names = path.0.as_slice();
        let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        // `a.Name FROM Account a`, or `Account.Name FROM Account`.
        if let [first, _, ..] = names
            && (self.alias.is_some_and(|alias| is(&first.text, alias))
                || is(&first.text, &self.object.name)
                    && self.object.relationship(&first.text).is_none())
        {
            names = &names[1..];
        }
        Column::find(self.schema, self.object, names)
    }

    /// Resolves a field or an aggregate. A clause about groups has only keys and aggregates.
    pub(super) fn operand(&self, operand: &Operand<Path>) -> Result<Operand<Column>> {
        match (operand, self.keys) {
            (Operand::Aggregate { at, .. }, None) => Err(SoqlError::unexpected(*at, "(")),
            (&Operand::Aggregate { function, ref field, at }, Some(_)) => {
                let field = field.as_ref().map(|path| self.column(path)).transpose()?;
                check_function(function, field.as_ref())?;
                Ok(Operand::Aggregate { function, field, at })
            }
            (Operand::Field(path), keys) => {
                let column = self.column(path)?;
                if keys.is_some_and(|keys| keys.iter().all(|key| key.path() != column.path())) {
                    let name = column.path().join(".");
                    let message = format!("Field must be grouped or aggregated: {name}");
                    return Err(SoqlError::malformed(column.at, message));
                }
                Ok(Operand::Field(column))
            }
        }
    }

    /// Resolves the fields of a condition, and checks the types of its values.
    pub(super) fn condition(&self, condition: Condition<Path>) -> Result<Condition<Column>> {
        let all = |terms: Vec<_>| -> Result<_> {
            terms.into_iter().map(|term| self.condition(term)).collect()
        };
        Ok(match condition {
            Condition::All(terms) => Condition::All(all(terms)?),
            Condition::Any(terms) => Condition::Any(all(terms)?),
            Condition::Not(term) => Condition::Not(Box::new(self.condition(*term)?)),
            Condition::Test(test) => Condition::Test(self.test(test)?),
        })
    }

    fn test(&self, Test { operand, operator, values }: Test<Path>) -> Result<Test<Column>> {
        let operand = self.operand(&operand)?;
        let fit = |value| match (&operand, value) {
            (Operand::Field(column), value) => fit(column, value, self.today),
            (
                Operand::Aggregate {
                    function: Function::Max | Function::Min,
                    field: Some(column),
                    ..
                },
                value,
            ) => fit(column, value, self.today),
            // Counts, sums and averages are numbers.
            (Operand::Aggregate { .. }, value @ (Literal::Number(_) | Literal::Null)) => Ok(value),
            (Operand::Aggregate { .. }, _) => {
                Err(SoqlError::malformed(0, "value of an aggregate must be a number"))
            }
        };
        let values = values.into_iter().map(fit).collect::<Result<_>>()?;
        if let (Operator::Includes | Operator::Excludes, Some(column)) =
            (operator, operand.column())
            && column.field.kind != Kind::MultiPicklist
        {
            let name = &column.field.name;
            let message =
                format!("field '{name}' does not support the operator INCLUDES or EXCLUDES");
            return Err(SoqlError::new("INVALID_QUERY_FILTER_OPERATOR", column.at, message));
        }
        Ok(Test { operand, operator, values })
    }

    pub(super) fn order(&self, order: &Order<Path>) -> Result<Order<Column>> {
        let operand = self.operand(&order.operand)?;
        match operand.column().filter(|column| column.field.is_long_text()) {
            Some(column) => Err(column.unsupported("sorted")),
            None => Ok(order.by(operand)),
        }
    }
}

/// Refuses a function that does not support the type of its field.
fn check_function(function: Function, column: Option<&Column>) -> Result<()> {
    let Some(column) = column else { return Ok(()) };
    let kind = column.field.kind;
    let is_comparable =
        !matches!(kind, Kind::Address | Kind::Base64 | Kind::Location | Kind::Other);
    let fits = match function {
        Function::Avg | Function::Sum => kind.is_number(),
        Function::Max | Function::Min => is_comparable && kind != Kind::Boolean,
        Function::Count | Function::CountDistinct => is_comparable,
    };
    if fits {
        return Ok(());
    }
    let name = FUNCTIONS.iter().find(|(_, it)| *it == function).map_or("", |(name, _)| name);
    let field = &column.field.name;
    let message = format!("field {field} does not support aggregate operator {name}");
    Err(SoqlError::malformed(column.at, message))
}
