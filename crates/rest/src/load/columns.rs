use std::collections::{BTreeMap, HashMap};

use csv::StringRecord;

use super::cell::Kind;
use super::check::Operation;
use super::fault::{Fault, FaultKind, Faults, Place};
use crate::{FieldDescription, ObjectDescription, Org, RestError};

/// The operation and the description of the object.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) schema: Schema,
    pub(super) operation: Operation,
}

/// The description of an object and of its parents in relationship columns.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) object: ObjectDescription,
    /// The parents by the lower-case name of the relationship, if only one object is possible.
    pub(super) parents: BTreeMap<String, ObjectDescription>,
}

impl Schema {
    pub(super) async fn of(
        org: &Org,
        object: &str,
        relationships: &[String],
    ) -> Result<Self, RestError> {
        let object = org.describe(object).await?;
        let mut parents = BTreeMap::new();
        for name in relationships {
            let field = object.relationship(name);
            if let Some([parent]) = field.map(|field| field.reference_to.as_slice()) {
                parents.insert(name.to_ascii_lowercase(), org.describe(parent).await?);
            }
        }
        Ok(Self { object, parents })
    }
}

/// The columns or names of a file with their meaning.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The columns of a CSV file.
    pub(super) table: Vec<Column>,
    /// The members of JSON objects, by name.
    pub(super) names: HashMap<String, Column>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Column {
    Field {
        name: String,
        kind: Kind,
    },
    /// The id of the record itself.
    Id,
    Ignored,
    /// The object of the row or of a related record, such as `[Account]`, from Salesforce
    /// Inspector.
    Marker {
        is_own: bool,
    },
    Related {
        relationship: String,
        field: String,
        kind: Kind,
    },
}

impl Column {
    fn of(field: &FieldDescription) -> Self {
        Self::Field { name: field.name.clone(), kind: Kind::of(&field.kind) }
    }

    /// The name of the field as the org spells it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Field { name, .. } => name.clone(),
            Self::Related { relationship, field, .. } => format!("{relationship}.{field}"),
            Self::Id => ID.to_owned(),
            Self::Ignored | Self::Marker { .. } => "_".to_owned(),
        }
    }
}

impl Columns {
    pub(super) fn ignored(&self, header: &StringRecord) -> Vec<String> {
        let of_table = self.table.iter().zip(header);
        let of_table = of_table.filter(|(column, _)| is_unsent(column)).map(|(_, name)| name);
        let of_names = self.names.iter().filter(|(_, column)| is_unsent(column));
        let mut ignored: Vec<_> =
            of_table.chain(of_names.map(|(name, _)| name.as_str())).map(str::to_owned).collect();
        ignored.sort();
        ignored
    }
}

fn is_unsent(column: &Column) -> bool {
    matches!(column, Column::Ignored | Column::Marker { .. })
}

impl Plan {
    pub(super) fn columns(&self, header: &StringRecord) -> Columns {
        let table = self.table(header, 1, &mut Faults::default());
        Columns { table, names: HashMap::new() }
    }

    /// Returns the columns of a CSV file and adds the faults of its header.
    pub(super) fn table(
        &self,
        header: &StringRecord,
        line: u64,
        faults: &mut Faults,
    ) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
        for (index, name) in header.iter().enumerate() {
            let place = || Place::line(line).in_column(index + 1, name);
            let column = self.column(name, true).unwrap_or_else(|kind| {
                faults.add(Fault::new(place(), kind));
                Column::Ignored
            });
            if column != Column::Ignored || !name.is_empty() {
                let first = *firsts.entry(self.target(&column, name)).or_insert(index);
                if first != index {
                    faults.add(Fault::new(place(), FaultKind::duplicate(first + 1)));
                }
            }
            columns.push(column);
        }
        if let Some(key) = self.operation.key()
            && !columns.iter().any(|column| self.is_key(column))
        {
            let kind = FaultKind::missing_column(key);
            faults.add(Fault::new(Place::line(line), kind));
        }
        columns
    }

    /// Returns the field that a column writes: `AccountId` for `AccountId` and for
    /// `Account.Key__c`.
    fn target(&self, column: &Column, name: &str) -> String {
        let field = match column {
            Column::Related { relationship, .. } => {
                self.schema.object.relationship(relationship).map(|field| field.name.as_str())
            }
            Column::Field { name, .. } => Some(name.as_str()),
            Column::Id | Column::Ignored | Column::Marker { .. } => None,
        };
        field.unwrap_or(name).to_ascii_lowercase()
    }

    pub(super) fn is_key(&self, column: &Column) -> bool {
        match (self.operation.key(), column) {
            (Some(key), Column::Field { name, .. }) => key.eq_ignore_ascii_case(name),
            (Some(key), Column::Id) => key.eq_ignore_ascii_case(ID),
            _ => false,
        }
    }

    /// Checks that records can be found by the field of the operation.
    pub(super) fn check_key(&self, faults: &mut Faults) {
        let Some(key) = self.operation.external_id() else { return };
        let place = Place::default().with_name(key);
        match self.schema.object.field(key) {
            Some(field) if field.is_key() || field.kind == "id" => {}
            Some(_) => faults.add(Fault::new(place, FaultKind::NOT_EXTERNAL_ID)),
            None => faults.add(Fault::new(place, self.unknown_field())),
        }
    }

    /// Whether this field is the external id in the URL of a call.
    pub(super) fn is_url_key(&self, field: &str) -> bool {
        let key = self.operation.external_id().filter(|_| self.operation.is_by_key());
        key.is_some_and(|key| key.eq_ignore_ascii_case(field))
    }

    /// Returns the column of a name. API names begin with a letter: a name that begins with `_` is
    /// never a field.
    pub(super) fn column(&self, name: &str, is_table: bool) -> Result<Column, FaultKind> {
        if name.trim().is_empty() {
            return Err(FaultKind::NO_NAME);
        }
        if name.trim() != name {
            return Err(FaultKind::SPACED);
        }
        if name == "_" || name.eq_ignore_ascii_case(ATTRIBUTES) {
            return Ok(Column::Marker { is_own: true });
        }
        if name.starts_with('_') {
            return Ok(Column::Ignored);
        }
        if name.eq_ignore_ascii_case(ID) {
            return self.id_column();
        }
        // The key need not be writable: its value is in the URL.
        let key = self.schema.object.field(name).filter(|field| self.is_url_key(&field.name));
        if let Some(field) = key {
            return Ok(Column::of(field));
        }
        if self.operation.is_delete() {
            return Ok(Column::Ignored);
        }
        if let Some((relationship, field)) = name.split_once('.').filter(|_| is_table) {
            return self.related(relationship, field);
        }
        let object = &self.schema.object;
        match object.field(name) {
            Some(field) if self.is_writable(field) => Ok(Column::of(field)),
            Some(_) => Err(FaultKind::NOT_WRITABLE),
            None if object.relationship(name).is_some() => match is_table {
                true => Ok(Column::Marker { is_own: false }),
                // Objects are handled before: this value is null or a scalar.
                false => Err(FaultKind::not_wanted(
                    "a related record is an object with its external id; to empty the relationship \
                     use the field of its id",
                )),
            },
            None if name.contains(':') => Err(FaultKind::not_wanted(
                "columns of related records are written as Account.ExternalId__c",
            )),
            None => Err(self.unknown_field()),
        }
    }

    fn id_column(&self) -> Result<Column, FaultKind> {
        match &self.operation {
            Operation::Create => {
                Err(FaultKind::not_wanted("records are created without an id: remove the column"))
            }
            Operation::Upsert(key) if !key.eq_ignore_ascii_case(ID) => Err(FaultKind::not_wanted(
                "an upsert by an external id has no column Id: remove it, or update by Id",
            )),
            Operation::UpdateBy(_) => Err(FaultKind::not_wanted(
                "an update by an external id has no column Id: remove it, or update by Id",
            )),
            Operation::DeleteBy(_) => Ok(Column::Ignored),
            _ => Ok(Column::Id),
        }
    }

    pub(super) fn related(&self, relationship: &str, field: &str) -> Result<Column, FaultKind> {
        let object = &self.schema.object;
        let Some(reference) = object.relationship(relationship) else {
            return Err(self.unknown_field());
        };
        if !self.is_writable(reference) {
            return Err(FaultKind::NOT_WRITABLE);
        }
        let relationship =
            reference.relationship_name.clone().unwrap_or_else(|| relationship.to_owned());
        let parent = self.schema.parents.get(&relationship.to_ascii_lowercase());
        let Some(parent) = parent else {
            // Several parents are possible, or the parent was not described: the org decides.
            return Ok(Column::Related {
                relationship,
                field: field.to_owned(),
                kind: Kind::Other,
            });
        };
        match parent.field(field) {
            Some(found) if found.is_key() || found.kind == "id" => {
                let (field, kind) = (found.name.clone(), Kind::of(&found.kind));
                Ok(Column::Related { relationship, field, kind })
            }
            Some(_) => Err(FaultKind::NOT_EXTERNAL_ID),
            None => Err(FaultKind::not_field(&parent.name)),
        }
    }

    fn is_writable(&self, field: &FieldDescription) -> bool {
        match self.operation {
            Operation::Create => field.createable,
            Operation::Update | Operation::UpdateBy(_) => field.updateable,
            Operation::Delete | Operation::DeleteBy(_) | Operation::Upsert(_) => {
                field.createable || field.updateable
            }
        }
    }

    fn unknown_field(&self) -> FaultKind {
        FaultKind::not_field(&self.schema.object.name)
    }
}

pub(super) const ID: &str = "Id";
pub(super) const ATTRIBUTES: &str = "attributes";
