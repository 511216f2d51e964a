//! The values of records and groups.

use serde_json::Value;

use super::group::aggregate;
use super::{Name, Operand, Result, SoqlError};
use crate::rest::schema::{Field, Kind, ObjectType, Schema};
use crate::rest::store::{Records, Row};

/// A resolved field and the relationships that lead to it.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(super) hops: Vec<Hop>,
    pub(super) field: Field,
    /// Its position in the query.
    pub(super) at: usize,
}

/// A step to a related record.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    /// `Account`
    pub(super) relationship: String,
    /// `AccountId`
    pub(super) field: String,
    /// The objects that the field may refer to.
    pub(super) targets: Vec<String>,
}

impl Operand<Column> {
    pub(super) fn column(&self) -> Option<&Column> {
        match self {
            Self::Aggregate { field, .. } => field.as_ref(),
            Self::Field(column) => Some(column),
        }
    }

    /// Returns the value of a group, or of a record, which is a group of its own.
    pub(super) fn value(&self, records: &Records, group: &[Row<'_>]) -> Value {
        match self {
            Self::Aggregate { function, field, .. } => {
                let value = |row: &Row<'_>| match field {
                    Some(column) => column.value(records, *row),
                    None => Value::Bool(true),
                };
                let values = group.iter().map(value).filter(|value| !value.is_null());
                aggregate(*function, values.collect())
            }
            // A key of a group is the same in each of its records.
            Self::Field(column) => {
                group.first().map_or(Value::Null, |row| column.value(records, *row))
            }
        }
    }
}

impl Column {
    /// Follows these names from an object.
    pub(super) fn find(schema: &Schema, object: &ObjectType, names: &[Name]) -> Result<Self> {
        let Some((last, relationships)) = names.split_last() else {
            return Err(SoqlError::unexpected(0, ""));
        };
        let mut object = object;
        let mut hops = Vec::new();
        for name in relationships {
            let unknown = || SoqlError::no_relationship(name.at, &name.text);
            let field = object.relationship(&name.text).ok_or_else(unknown)?;
            hops.push(Hop::over(field));
            let mut targets = field.reference_to.iter();
            object = targets.find_map(|target| schema.object(target)).ok_or_else(unknown)?;
        }
        let field = object.field(&last.text);
        let field = field.ok_or_else(|| SoqlError::no_column(last.at, &last.text, &object.name))?;
        Ok(Self { hops, field: field.clone(), at: last.at })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.field.kind
    }

    /// Returns the value of the field, starting from this record; null if a relationship is empty.
    pub(crate) fn value(&self, records: &Records, start: Row<'_>) -> Value {
        let owner = self.owner(records, start);
        owner.map_or(Value::Null, |owner| owner.get(&self.field.name))
    }

    /// Returns the names that lead to it: `["Account", "Name"]`.
    pub(crate) fn path(&self) -> Vec<&str> {
        let hops = self.hops.iter().map(|hop| hop.relationship.as_str());
        hops.chain([self.field.name.as_str()]).collect()
    }

    /// Refuses a field that cannot be `grouped`, `sorted` or `filtered`.
    pub(super) fn unsupported(&self, what: &str) -> SoqlError {
        let message = format!("field '{}' can not be {what} in a query call", self.field.name);
        SoqlError::new("INVALID_FIELD", self.at, message)
    }

    /// Returns the record that has the field, starting from this one.
    pub(super) fn owner<'a>(&self, records: &'a Records, start: Row<'a>) -> Option<Row<'a>> {
        self.hops.iter().try_fold(start, |record, hop| Some(hop.follow(records, record)?.1))
    }
}

impl Hop {
    fn over(field: &Field) -> Self {
        Self {
            relationship: field.relationship_name.clone().unwrap_or_default(),
            field: field.name.clone(),
            targets: field.reference_to.clone(),
        }
    }

    /// Returns the related record and its object.
    pub(super) fn follow<'a>(
        &self,
        records: &'a Records,
        from: Row<'_>,
    ) -> Option<(&str, Row<'a>)> {
        let id = from.get(&self.field);
        let id = id.as_str()?;
        let mut targets = self.targets.iter();
        targets.find_map(|target| Some((target.as_str(), records.find(target, id)?)))
    }
}
